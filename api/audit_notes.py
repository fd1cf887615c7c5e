"""Tells the audit log of what is asked of Temporal alone: no transaction of ours begins it."""

from collections.abc import Mapping

from api.identity import Asked
from api.services import Services
from domain.audit.changes import Change
from store.audit import note_alone


async def note_asked(
    services: Services,
    asked: Asked,
    kind: str,
    object_id: str,
    after: Mapping[str, str] | None = None,
    *,
    tenant_id: str | None = None,
) -> None:
    """Once, however often the key is repeated: call it when nothing is left to refuse, before the start."""
    change = Change(
        at=services.clock.now(),
        by=asked.author,
        action=f"{kind}.asked",
        object_kind=kind,
        object_id=object_id,
        tenant_id=tenant_id,
        after=after,
        once=True,
    )
    await services.query(note_alone, change)
