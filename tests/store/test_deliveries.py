"""Final invoices are handed on until a sink has taken them, each once."""

from datetime import datetime
from pathlib import Path

from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.billing.delivery import MOST_FAILURES, Handover
from activities.billing.sinks import Sink
from activities.billing.sinks.files import FileSink
from domain.billing.document import InvoiceDocument
from domain.errors import InvalidSpec, Unavailable
from domain.messages import DeliverInput, DeliveryResult
from store.billing.deliveries import Deliveries
from store.engine import transaction
from store.tables import DeliveryRow, InvoiceRow
from tests.store.billed import Books
from tests.store.test_closing_runs import LATE, opened
from tests.store.world import World


class Refusing:
    """A sink that is away, or refuses some: no server here can be told to do it by an invoice's number."""

    def __init__(self, error: type[Exception], *refused: str) -> None:
        self.refused = refused
        self.taken: list[str] = []
        self.asked: list[tuple[str, datetime]] = []
        self._error = error

    def hand_on(self, document: InvoiceDocument, first_tried: datetime) -> str:
        assert document.number
        self.asked.append((document.number, first_tried))
        if not self.refused or document.number in self.refused:
            raise self._error("not now")
        self.taken.append(document.number)
        return f"there-{document.number}"


def closed(world: World) -> tuple[Books, list[str]]:
    """A tenant whose invoices wait, and their numbers; those of other tests have been handed on."""
    handed_on(world, Refusing(Unavailable, "none"))
    return closed_too(world)


def handed_on(world: World, sink: Sink | None, size: int = 10_000) -> DeliveryResult:
    handover = Handover(Deliveries(world.engine, world.clock), sink)
    result: DeliveryResult = ActivityEnvironment().run(handover.deliver_page, DeliverInput(size=size))
    return result


def waiting(world: World, numbers: list[str]) -> dict[str, str]:
    """Of these invoices those that nobody has taken, and why."""
    query = select(InvoiceRow, DeliveryRow).where(InvoiceRow.id == DeliveryRow.invoice_id)
    with transaction(world.engine) as session:
        rows = [(invoice.number, delivery) for invoice, delivery in session.exec(query)]
    return {
        number: delivery.problem
        for number, delivery in rows
        if number in numbers and delivery.delivered_at is None
    }


def test_what_is_final_is_written_to_files_once(world: World, tmp_path: Path) -> None:
    """A file of each kind for each invoice, and nothing is left to be handed on."""
    _, numbers = closed(world)
    assert handed_on(world, FileSink(tmp_path)).delivered == len(numbers)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{number}.{ending}" for number in numbers for ending in ("json", "html", "pdf")
    }
    assert handed_on(world, FileSink(tmp_path)).delivered == 0
    assert waiting(world, numbers) == {}


def test_without_a_sink_invoices_wait_for_one(world: World) -> None:
    """Configured later, it is given all of them, in the order of their numbers."""
    _, numbers = closed(world)
    assert handed_on(world, None) == DeliveryResult()
    sink = Refusing(Unavailable, "none")
    handed_on(world, sink)
    assert sink.taken == numbers


def test_one_that_is_refused_holds_up_no_other(world: World) -> None:
    """It stays with the reason, and its next try knows when the first one was."""
    _, numbers = closed(world)
    sink = Refusing(InvalidSpec, numbers[0])
    result = handed_on(world, sink)
    assert (result.delivered, result.failed) == (len(numbers) - 1, 1)
    assert waiting(world, numbers) == {numbers[0]: "InvalidSpec: not now"}
    sink.refused = ("none",)
    assert handed_on(world, sink).delivered == 1
    first, *_, last = [tried for number, tried in sink.asked if number == numbers[0]]
    assert first == last


def test_a_sink_that_is_away_is_left_alone(world: World) -> None:
    """After a few failures the page ends; the next run goes on."""
    _, numbers = closed(world)
    _, more = closed_too(world)
    sink = Refusing(Unavailable)
    result = handed_on(world, sink)
    assert (result.failed, result.next, len(sink.asked)) == (MOST_FAILURES, None, MOST_FAILURES)
    assert len(waiting(world, numbers + more)) == len(numbers + more)
    handed_on(world, Refusing(Unavailable, "none"))


def closed_too(world: World) -> tuple[Books, list[str]]:
    books = opened(world, LATE)
    books.close()
    books.forget()
    return books, [one.number for one in books.invoices() if one.number]


def test_pages_follow_each_other(world: World) -> None:
    """A full page names where the next one begins."""
    _, numbers = closed(world)
    sink = Refusing(Unavailable, "none")
    assert handed_on(world, sink, size=1).next == numbers[0]
    handed_on(world, sink)
    assert sink.taken == numbers
