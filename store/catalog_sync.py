"""Copies plans and cells from the files into their tables, so that rows can refer to them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, update

from domain.plans import Cell, Plan
from runtime.clock import SystemClock
from store.engine import transaction
from store.tables import CellRow, PlanRow


def sync(engine: Engine, plans: Iterable[Plan], cells: Iterable[Cell], now: datetime | None = None) -> None:
    """Bring both tables up to the files; what the files dropped is kept as retired, as tenants may use it."""
    instant = now or SystemClock().now()
    with transaction(engine) as session:
        # Two processes that start at once take turns; rows may refer to both tables meanwhile.
        session.connection().execute(text("LOCK TABLE plan, cell IN SHARE ROW EXCLUSIVE MODE"))
        _replace(session, PlanRow, [{"name": p.name, "definition": p} for p in plans], instant)
        _replace(
            session,
            CellRow,
            [{"name": c.name, "region": c.region, "definition": c} for c in cells],
            instant,
        )


def _replace(
    session: Session, table: type[PlanRow | CellRow], entries: Sequence[dict[str, Any]], now: datetime
) -> None:
    listed = [entry["name"] for entry in entries]
    session.execute(
        update(table)
        .where(col(table.name).not_in(listed), col(table.retired_at).is_(None))
        .values(retired_at=now)
    )
    for entry in entries:
        values = entry | {"synced_at": now, "retired_at": None}
        session.execute(
            insert(table).values(values).on_conflict_do_update(index_elements=["name"], set_=values)
        )
