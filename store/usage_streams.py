"""Streams: what one meter counts of one tenant in one group has a number, given when it is first counted."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Engine, text

from store.engine import database_errors

Named = tuple[str, str]
"""Meter and group."""
MOST_KNOWN = 100_000
"""Of numbers that a process keeps in mind: some ten megabytes."""

_MAKE = text(
    """
    INSERT INTO usage_stream (tenant_id, meter, grp)
    SELECT :tenant_id, * FROM unnest(CAST(:meters AS text[]), CAST(:groups AS text[])) ORDER BY 2, 3
    ON CONFLICT DO NOTHING
    """
)
_READ = text("SELECT meter, grp, id FROM usage_stream WHERE tenant_id = :tenant_id")


class Streams:
    """Numbers of streams; one that was ever given stays, so a process asks once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, dict[Named, int]] = {}
        self._count = 0

    def numbers(self, tenant_id: str, named: Collection[Named]) -> Mapping[Named, int]:
        """Of all that are named, and of others. Raises Unavailable."""
        known = self._known.get(tenant_id, {})
        if all(one in known for one in named):
            return known
        found = self._read(tenant_id)
        missing = {one for one in named if one not in found}
        if missing:
            self._make(tenant_id, missing)
            found = self._read(tenant_id)
        self._keep(tenant_id, found)
        return found

    def forget(self) -> None:
        """Call it where a number turns out to be none: the database is not the one that gave it."""
        self._known, self._count = {}, 0

    def _keep(self, tenant_id: str, found: dict[Named, int]) -> None:
        if self._count > MOST_KNOWN:
            self.forget()
        self._count += len(found) - len(self._known.get(tenant_id, ()))
        self._known[tenant_id] = found

    def _make(self, tenant_id: str, missing: Iterable[Named]) -> None:
        meters, groups = zip(*missing, strict=True)
        with database_errors(), self._engine.begin() as connection:
            values = {"tenant_id": tenant_id, "meters": list(meters), "groups": list(groups)}
            connection.execute(_MAKE, values)

    def _read(self, tenant_id: str) -> dict[Named, int]:
        with database_errors(), self._engine.begin() as connection:
            rows = connection.execute(_READ, {"tenant_id": tenant_id})
            return {(meter, group): number for meter, group, number in rows}
