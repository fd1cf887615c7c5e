"""Whatever happens to a tenant in whatever order, its records stay true."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidSpec, OperationLost, PhaseConflict, StaleRun
from domain.messages import ErrorView, OperationRequest
from domain.phases import FINISHED, GONE, OPEN_PHASES, OperationKind, OperationStatus, Phase
from store.operations import latest_operations
from store.recovery import lost_operation
from store.tables import OperationRow
from tests.store.world import Tenant, World

EVENTS = st.lists(
    st.sampled_from(
        ["succeed", "fail", "killed", "recovered", *(kind for kind in OperationKind if kind != "signup")]
    ),
    max_size=14,
)


class Life:
    """Plays events to one tenant as its workflows would: at most one run at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tenant: Tenant = world.signing_up()
        self.run: OperationRequest | None = self.tenant.signup
        self.successor: OperationRequest | None = None
        self.lost: tuple[OperationRequest, OperationRequest | None] | None = None
        """What a killed run was carrying out, and what waited behind it."""

    def play(self, event: str) -> None:
        if event == "killed":
            if self.run:
                self.lost = self.run, self.successor
            self.run = self.successor = None
        elif event == "recovered":
            self._recover()
        elif event in {"succeed", "fail"}:
            if self.run:
                self._end(self.run, well=event == "succeed" and self.successor is None)
        else:
            self._ask(self.world.request(OperationKind(event), self.tenant, grace_seconds=60))

    def _ask(self, request: OperationRequest) -> None:
        try:
            if self.run is None:
                self.world.clock.move(timedelta(minutes=2))
                self.world.begin(request)
                self.run = request
            elif request.kind in {OperationKind.SUSPEND, OperationKind.TEARDOWN}:
                self.world.take_over(request, self.run)
                self.successor = request
        except (PhaseConflict, OperationLost, InvalidSpec):
            assert self.world.operation_or_none(request) is None

    def _recover(self) -> None:
        found = lost_operation(self.world.engine, self.tenant.id) if self.run is None else None
        if self.lost and self.run is None:
            assert found is not None
            assert (found.request, found.successor) == self.lost
            self.run, self.successor = self.lost
            self.world.begin(self.run, run_id="another")
            self.lost = None
        else:
            assert found is None

    def _end(self, run: OperationRequest, *, well: bool) -> None:
        plan = self.world.operation(run).plan
        assert plan is not None
        if well:
            self._end_well(run, removes=plan.after is None or plan.phase_before is Phase.CLOSING)
        else:
            self._undo(run, plan.phase_before)
        self.run = None
        if self.successor:
            try:
                self.world.begin(self.successor)
                self.run = self.successor
            except StaleRun:
                pass
            self.successor = None

    def _end_well(self, run: OperationRequest, *, removes: bool) -> None:
        if removes:
            self.world.records.begin_removal(self.world.verify_input(run))
            self.world.lose_everything(run)
            self.world.records.issue_certificate(self.world.verify_input(run))
            self.world.end(run, phase=Phase.DELETED, desired=None)
        elif run.kind is OperationKind.TEARDOWN:
            self.world.end(run, remove_after=self.world.in_seconds(60))
        else:
            self.world.make_everything(run)
            self.world.end(run)

    def _undo(self, run: OperationRequest, before: Phase | None) -> None:
        if run.kind in {OperationKind.TEARDOWN, OperationKind.REMOVE}:
            return self._end(run, well=True)
        phase = before or (Phase.CLOSING if self._hands_to_teardown() else Phase.FAILED)
        if run.kind is OperationKind.SIGNUP:
            self.world.lose_everything(run)
        changes: dict[str, Any] = {
            "status": OperationStatus.FAILED,
            "error": ErrorView(code="x", message="y"),
        }
        if self.successor:
            changes = {
                "status": OperationStatus.SUPERSEDED,
                "superseded_by": self.successor.operation_id,
            }
        return self.world.end(run, desired=None, phase=phase, **changes)

    def _hands_to_teardown(self) -> bool:
        return self.successor is not None and self.successor.kind is OperationKind.TEARDOWN

    def check(self) -> None:
        row = self.world.tenant(self.tenant)
        operations = {one.id: one for one in latest_operations(self.world.engine, self.tenant.id)}
        unfinished = {one.id for one in operations.values() if one.status not in FINISHED}
        if self.run:
            assert row.held_by == self.run.operation_id
            waiting = {self.successor.operation_id} if self.successor else set()
            assert unfinished == {self.run.operation_id} | waiting
        else:
            assert row.held_by == (self.lost[0].operation_id if self.lost else None)
        if row.phase in GONE:
            assert not unfinished
        if row.held_by is None:
            assert row.phase not in OPEN_PHASES
            assert not unfinished
        assert all(_names_its_end(one) for one in operations.values())


def _names_its_end(operation: OperationRow) -> bool:
    return (operation.finished_at is not None) == (operation.status in FINISHED)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_the_records_stay_true(world: World, events: list[str]) -> None:
    """Successes, failures, take-overs and killed runs in any order: one holder, no unfinished leftovers."""
    life = Life(world)
    for event in events:
        life.play(event)
        life.check()
