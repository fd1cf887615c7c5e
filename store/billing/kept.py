"""Usage as rating takes it: read where its events are there, else as a closing run has kept it."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.billing.keeping import Answers, is_old, is_settled, name_of
from domain.billing.usage import Demand
from runtime.clock import Clock
from store.engine import transaction
from store.usage_read import EVERYTHING, UsageGone, UsageReader

_KEPT = text(
    """
    SELECT kept.tenant_id, answer.key AS name, answer.value, closing.cut_off, closing.began_at
      FROM kept_usage AS kept
      JOIN closing ON closing.number = kept.closing AND closing.cut_off <= :known
     CROSS JOIN LATERAL jsonb_each_text(kept.answers) AS answer
     WHERE kept.tenant_id = ANY(:tenants) AND answer.key = ANY(:names)
     ORDER BY closing.number
    """
)
_KEEP = text(
    """
    INSERT INTO kept_usage (tenant_id, closing, answers)
    SELECT tenant_id, :closing, CAST(answers AS jsonb)
      FROM unnest(CAST(:tenants AS text[]), CAST(:answers AS text[])) AS given (tenant_id, answers)
    """
)
HELP = "docs/billing.md says what to do"
MOST_TOLD = 6
Named = dict[str, dict[str, Demand]]
"""By tenant and name."""


class RatedUsage:
    """Everything raises UsageGone and Unavailable."""

    def __init__(self, engine: Engine, clock: Clock, *, by_events: bool = False) -> None:
        self._engine = engine
        self._clock = clock
        self._reader = UsageReader(engine, clock, by_events=by_events)

    def answers(self, wanted: Mapping[str, Sequence[Demand]], known: int = EVERYTHING) -> dict[str, Answers]:
        """What `domain.billing.rating.rate` takes, by tenant; `known` is a cut-off."""
        now = self._clock.now()
        old: Named = {
            tenant: {name_of(one): one for one in demands if is_old(one, now)}
            for tenant, demands in wanted.items()
        }
        kept = self._kept({tenant: named for tenant, named in old.items() if named}, known)
        left = {
            tenant: [one for one in demands if tenant not in kept or one not in kept[tenant].quantities]
            for tenant, demands in wanted.items()
        }
        try:
            read = self._reader.quantities(left, known)
        except UsageGone as error:
            missing = [name for tenant in old for name, one in old[tenant].items() if one in left[tenant]]
            told = ", ".join(missing[:MOST_TOLD]) + (", …" if len(missing) > MOST_TOLD else "")
            raise UsageGone(f"{error}; no closing run has kept {told} ({HELP})") from error
        return {tenant: _together(kept.get(tenant), quantities) for tenant, quantities in read.items()}

    def _kept(self, named: Named, known: int) -> dict[str, Answers]:
        """Of the same cut-off, or of an earlier one after which no event could be accepted any more."""
        if not named:
            return {}
        names = sorted({name for names in named.values() for name in names})
        quantities: dict[str, dict[Demand, Decimal]] = {tenant: {} for tenant in named}
        settled: dict[str, set[Demand]] = {tenant: set() for tenant in named}
        with transaction(self._engine) as session:
            values = {"tenants": list(named), "names": names, "known": known}
            rows = session.connection().execute(_KEPT, values).all()
        for row in rows:
            demand = named[row.tenant_id].get(row.name)
            if demand is None:
                continue
            lasts = is_settled(demand, row.began_at)
            if lasts:
                settled[row.tenant_id].add(demand)
            if lasts or row.cut_off == known:
                quantities[row.tenant_id][demand] = Decimal(row.value)
        return {tenant: Answers(quantities[tenant], frozenset(settled[tenant])) for tenant in named}


def _together(kept: Answers | None, read: Mapping[Demand, Decimal]) -> Answers:
    return Answers({**kept.quantities, **read}, kept.settled) if kept else Answers(read)


def keep(session: Session, closing: int, taken: Mapping[str, Answers]) -> None:
    """What a run took of these tenants, for good; of the others nothing."""
    listed = [(tenant, answers.quantities) for tenant, answers in taken.items() if answers.quantities]
    if not listed:
        return
    values = {
        "closing": closing,
        "tenants": [tenant for tenant, _ in listed],
        "answers": [
            json.dumps({name_of(one): str(value) for one, value in quantities.items()})
            for _, quantities in listed
        ],
    }
    session.connection().execute(_KEEP, values)
