"""Price versions: written when an offer changes, read for good."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from domain.audit.changes import Change
from domain.audit.origin import SYSTEM
from domain.billing.offers import Offer
from domain.billing.prices import PriceVersion
from store.audit import note
from store.engine import transaction
from store.tables import PriceVersionRow


def sync_offers(engine: Engine, offers: Iterable[Offer], now: datetime) -> None:
    """A new version for each offer that is not what it last was; plans must be there already."""
    with transaction(engine) as session:
        # Two processes that start at once take turns, or both would write the same version.
        session.connection().execute(text("LOCK TABLE price_version IN SHARE ROW EXCLUSIVE MODE"))
        for offer in offers:
            newest = newest_version(session, offer.name)
            if newest is None or newest.definition != offer:
                number = newest.version + 1 if newest else 1
                row = PriceVersionRow(plan=offer.name, version=number, definition=offer, offered_at=now)
                session.add(row)
                note(session, _change(row, newest))


def newest_version(session: Session, plan: str) -> PriceVersionRow | None:
    """What the plan costs those who choose it now; None if it has never had a price."""
    query = select(PriceVersionRow).where(PriceVersionRow.plan == plan)
    return session.exec(query.order_by(col(PriceVersionRow.version).desc()).limit(1)).first()


def price_versions(session: Session) -> Mapping[tuple[str, int], PriceVersion]:
    """All there ever were, by plan and number."""
    rows = session.exec(select(PriceVersionRow))
    return {(row.plan, row.version): row.definition.version(row.version) for row in rows}


def _change(row: PriceVersionRow, before: PriceVersionRow | None) -> Change:
    """Who changed the file, its own history tells."""
    return Change(
        at=row.offered_at,
        by=SYSTEM,
        action="price.offered",
        object_kind="price",
        object_id=f"{row.plan}.{row.version}",
        before=before.definition.model_dump(mode="json", exclude_none=True) if before else None,
        after=row.definition.model_dump(mode="json", exclude_none=True),
    )
