"""A page of a closing run: tenants of which something may have ended are rated and invoiced."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Engine
from sqlmodel import Session, col, or_, select

from domain.billing.closing import Closed, close, look
from domain.billing.document import Letterhead
from domain.billing.keeping import Answers
from domain.billing.rating import Window, demands
from domain.errors import PermanentError
from domain.messages import ClosingRun, PageResult
from store.billing.accounts import account
from store.billing.books import booked
from store.billing.facts import facts_of
from store.billing.invoices import Made, write
from store.billing.kept import RatedUsage, keep
from store.billing.prices import price_versions
from store.engine import transaction
from store.tables import ClosingRow, SubscriptionRow

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Look:
    row: SubscriptionRow
    window: Window
    known_fact: int


class Closer:
    def __init__(self, engine: Engine, usage: RatedUsage, grace: timedelta, letterhead: Letterhead) -> None:
        self._engine = engine
        self._usage = usage
        self._grace = grace
        self._letterhead = letterhead

    def page(self, run: ClosingRun, size: int) -> PageResult:
        """The next tenants that the run has not looked at, in one transaction; none, when all are done.

        Raises Unavailable.
        """
        with transaction(self._engine) as session:
            rows = _due(session, run, size)
            failed: dict[str, str] = {}
            looks = list(_looks(session, rows, run, failed))
            taken = self._taken(looks, run, failed)
            closed = list(self._closed(session, looks, taken, failed))
            made = [Made(seen.row, one, seen.known_fact) for seen, one in closed]
            write(session, made, run, self._grace, self._letterhead)
            _keep(session, closed, taken, run)
            _leave(rows, {seen.row.tenant_id: one for seen, one in closed}, failed, run)
        return PageResult(
            looked_at=len(rows),
            final=sum(len(one.final) for _, one in closed),
            drafts=sum(len(one.drafts) for _, one in closed),
            failed=len(failed),
        )

    def _taken(self, looks: Sequence[_Look], run: ClosingRun, failed: dict[str, str]) -> dict[str, Answers]:
        """What was used, of all tenants in a few statements; tenant by tenant where that fails."""
        wanted = {one.row.tenant_id: demands(one.window) for one in looks}
        try:
            return self._usage.answers(wanted, run.cut_off)
        except PermanentError:
            found: dict[str, Answers] = {}
            for tenant, demanded in wanted.items():
                try:
                    found |= self._usage.answers({tenant: demanded}, run.cut_off)
                except PermanentError as error:
                    failed[tenant] = str(error)
            return found

    def _closed(
        self,
        session: Session,
        looks: Iterable[_Look],
        taken: Mapping[str, Answers],
        failed: dict[str, str],
    ) -> Iterator[tuple[_Look, Closed]]:
        listed = [one for one in looks if one.row.tenant_id not in failed]
        books = booked(session, {one.row.tenant_id: one.window.since for one in listed})
        for one in listed:
            tenant_id = one.row.tenant_id
            known, until = books[tenant_id], one.row.closed_until
            try:
                yield one, close(one.window, taken[tenant_id].quantities, known, until, self._grace)
            except Exception as error:
                log.exception("tenant_not_closed", tenant_id=tenant_id)
                failed[tenant_id] = f"{type(error).__name__}: {error}"


def _due(session: Session, run: ClosingRun, size: int) -> list[SubscriptionRow]:
    """Locked, so that of two workers on the same page one waits, and then finds nothing left of it."""
    looked_in, number = col(SubscriptionRow.looked_in), run.number
    query = (
        select(SubscriptionRow)
        .where(col(SubscriptionRow.next_look) <= run.moment, or_(looked_in.is_(None), looked_in < number))
        .order_by(col(SubscriptionRow.tenant_id))
        .limit(size)
        .with_for_update()
    )
    return list(session.exec(query))


def _looks(
    session: Session, rows: Sequence[SubscriptionRow], run: ClosingRun, failed: dict[str, str]
) -> Iterator[_Look]:
    prices = price_versions(session)
    facts = facts_of(session, [row.tenant_id for row in rows])
    for row in rows:
        known = facts[row.tenant_id]
        try:
            window = look(account(row, known, prices), row.closed_until, run.moment)
        except Exception as error:
            log.exception("tenant_not_closed", tenant_id=row.tenant_id)
            failed[row.tenant_id] = f"{type(error).__name__}: {error}"
        else:
            yield _Look(row, window, known[-1].number)


def _keep(
    session: Session, closed: Iterable[tuple[_Look, Closed]], taken: Mapping[str, Answers], run: ClosingRun
) -> None:
    read_at = session.get_one(ClosingRow, run.number).began_at
    named = ((seen.row.tenant_id, seen.row.closed_until, one) for seen, one in closed)
    kept = {
        tenant_id: taken[tenant_id]
        for tenant_id, until, one in named
        if one.keeps(taken[tenant_id], until, read_at)
    }
    keep(session, run.number, kept)


def _leave(
    rows: Iterable[SubscriptionRow], closed: Mapping[str, Closed], failed: Mapping[str, str], run: ClosingRun
) -> None:
    for row in rows:
        row.looked_in, row.problem = run.number, failed.get(row.tenant_id, "")
        if done := closed.get(row.tenant_id):
            row.closed_until, row.next_look = done.closed_until, done.next_look
