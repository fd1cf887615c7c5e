"""The activities of a run on the records: each one transaction, each the same when done again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from temporalio import activity

from activities.records import accept, begin, finish, interventions, removal
from activities.records.desk import Desk
from catalog import Catalog
from domain.errors import PermanentError, StaleRun
from domain.messages import (
    AcceptInput,
    AcceptResult,
    BeginInput,
    Condition,
    ErrorView,
    FinishInput,
    FinishResult,
    OperationPlan,
    SkipInput,
    SkipOutcome,
    StateInput,
    VerifyInput,
)
from runtime.clock import Clock
from store.engine import transaction


class Records:
    """All may raise Unavailable, which is worth another try, and StaleRun, which is not."""

    def __init__(
        self, engine: Engine, catalog: Catalog, install: str, clock: Clock, billing_zone: str = "UTC"
    ) -> None:
        self._engine = engine
        self._catalog = catalog
        self._install = install
        self._clock = clock
        self._billing_zone = billing_zone

    def activities(self) -> list[Callable[..., object]]:
        return [
            self.begin,
            self.begin_removal,
            self.accept,
            self.note,
            self.skip,
            self.finish,
            self.issue_certificate,
        ]

    @activity.defn(name="records.begin")
    def begin(self, call: BeginInput) -> OperationPlan:
        """Takes hold of the tenant and says what there is to do. Raises why the operation may not begin."""
        try:
            with self._desk() as desk:
                return begin.begin(desk, call)
        except StaleRun:
            raise
        except PermanentError as error:
            view = ErrorView(code=error.code, message=str(error))
            with self._desk() as desk:
                finish.release(desk, call.request.tenant_id, call.request.operation_id, view)
            raise

    @activity.defn(name="records.begin_removal")
    def begin_removal(self, call: VerifyInput) -> OperationPlan:
        """Moves the tenant to removing and lists the steps of which something is left."""
        with self._desk() as desk:
            return removal.begin_removal(desk, call)

    @activity.defn(name="records.accept")
    def accept(self, call: AcceptInput) -> AcceptResult:
        """Registers a take-over or a newer target under the hold of the open run."""
        with self._desk() as desk:
            return accept.accept(desk, call)

    @activity.defn(name="records.note")
    def note(self, state: StateInput) -> Condition | None:
        """Notes what is so in the middle of a run; answers its condition with the objects that are known."""
        with self._desk() as desk:
            return finish.note(desk, state)

    @activity.defn(name="records.skip")
    def skip(self, call: SkipInput) -> SkipOutcome:
        """Notes that a step's things may still be there and that nobody waits for their end."""
        with self._desk() as desk:
            return interventions.skip(desk, call)

    @activity.defn(name="records.finish")
    def finish(self, ending: FinishInput) -> FinishResult:
        """Writes how the run leaves the tenant and gives it up, or hands it to the operation that waits."""
        with self._desk() as desk:
            return finish.finish(desk, ending)

    @activity.defn(name="records.issue_certificate")
    def issue_certificate(self, call: VerifyInput) -> int:
        """Writes the deletion certificate; returns how many things it covers."""
        with self._desk() as desk:
            return removal.issue_certificate(desk, call)

    @contextmanager
    def _desk(self) -> Iterator[Desk]:
        with transaction(self._engine) as session:
            yield Desk(session, self._catalog, self._install, self._clock.now(), self._billing_zone)
