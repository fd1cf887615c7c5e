"""Closing runs: one is open at a time, and knows from its beginning to its end the same."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update

from domain.messages import ClosingRun
from runtime.clock import Clock
from store.engine import transaction
from store.tables import ClosingRow
from store.usage_order import cut_off


class ClosingRuns:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def begin(self, moment: datetime | None = None) -> ClosingRun:
        """The open run, which an earlier try left, or a new one; None is now. Raises Unavailable."""
        while True:
            with transaction(self._engine) as session:
                found = session.exec(select(ClosingRow).where(col(ClosingRow.ended_at).is_(None))).first()
            if found:
                return ClosingRun(number=found.number or 0, moment=found.moment, cut_off=found.cut_off)
            now = self._clock.now()
            values = {"moment": moment or now, "cut_off": cut_off(self._engine), "began_at": now}
            with transaction(self._engine) as session:
                # Of two that begin at once, one inserts, and both find the same.
                session.execute(insert(ClosingRow).values(values).on_conflict_do_nothing())

    def end(self, number: int) -> None:
        with transaction(self._engine) as session:
            session.execute(
                update(ClosingRow)
                .where(col(ClosingRow.number) == number, col(ClosingRow.ended_at).is_(None))
                .values(ended_at=self._clock.now())
            )
