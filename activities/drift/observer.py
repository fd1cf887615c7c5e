"""Looks at the things of tenants at one provider, and keeps what differs from what they shall be."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from enum import Enum
from threading import Event

import structlog
from temporalio import activity

from activities.drift.pace import Pace
from catalog import Catalog
from domain.blueprint import HOLDS_DATA, StepKind
from domain.errors import BlueprintError, PermanentError, Throttled, Unavailable, capped
from domain.messages import Difference, ObserveInput, ObserveOutcome, StepCall, TenantContext
from domain.phases import Phase
from domain.queues import Provider
from runtime.settings import Settings
from store.observations import Observations, Subject

AT_ONCE = 4
"""Tenants that one page looks at side by side."""
HEARTBEAT_SECONDS = 1.0
ENOUGH_FAILURES = 2
"""Tenants of one cell in a row that the provider gave no answer for: one may be that tenant's own trouble."""
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=5)

Look = Callable[[StepCall], list[Difference]]
"""What one step's ensure would change."""

log = structlog.get_logger()


class _Seen(Enum):
    """What became of a tenant: a field of the outcome."""

    LOOKED_AT = "looked_at"
    HELD = "held"
    FAILED = "failed"


class Observer:
    """One provider's part of the scan. `looks` has a function for each kind of step of that provider."""

    def __init__(
        self,
        provider: Provider,
        settings: Settings,
        catalog: Catalog,
        observations: Observations,
        looks: Mapping[StepKind, Look],
    ) -> None:
        self._provider = provider
        self._install = settings.install
        self._catalog = catalog
        self._observations = observations
        self._looks = looks
        # One for all pages of the process: two pages at once must not go twice as fast.
        self._pace = Pace(settings.drift_tenants_per_minute)

    def activities(self) -> list[Callable[..., object]]:
        @activity.defn(name=f"{self._provider}.observe")
        def observe(call: ObserveInput) -> ObserveOutcome:
            return self.observe(call)

        return [observe]

    def observe(self, call: ObserveInput) -> ObserveOutcome:
        """Looks at each tenant of a page. Raises Throttled at once, so that nobody is asked until much later.

        A tenant that cannot be looked at for another reason keeps what was found before, and says why. In
        the middle of a repair such a reason is raised.
        """
        subjects = self._observations.subjects(call.tenant_ids)
        if call.holder:
            return self._observe_held(call, subjects)
        try:
            return self._observe_page(subjects)
        except Throttled as error:
            raise _leaving_alone(error, activity.info().attempt) from error

    def _observe_page(self, subjects: Sequence[Subject]) -> ObserveOutcome:
        outcome, last = _resumed()
        left = [subject for subject in subjects if subject.tenant.id > last]
        remaining = iter(left)
        for seen in self._side_by_side(left):
            if seen:
                outcome, last = _counted(outcome, seen), next(remaining).tenant.id
            # Also while it waits for its turn: a slow pace is no dead worker.
            activity.heartbeat(last, outcome.model_dump())
        return outcome

    def _observe_held(self, call: ObserveInput, subjects: Sequence[Subject]) -> ObserveOutcome:
        for subject in subjects:
            if subject.held_by == call.holder:
                found = self._differences(subject, call.outputs)
                self._observations.record(subject, self._provider, found, call.repaired)
        return ObserveOutcome(looked_at=len(subjects))

    def _side_by_side(self, subjects: Sequence[Subject]) -> Iterator[_Seen | None]:
        """What became of each, in order; None now and then while nothing is known yet."""
        failures: Counter[str] = Counter()
        stop = Event()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"observe-{self._provider}") as pool:
            looks = [pool.submit(self._look_in_turn, subject, failures, stop) for subject in subjects]
            try:
                for look in looks:
                    while not wait([look], timeout=HEARTBEAT_SECONDS).done:
                        yield None
                    yield look.result()
            finally:
                # Those that have not begun are left out: somebody asks us to slow down, or to end.
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)

    def _look_in_turn(self, subject: Subject, failures: Counter[str], stop: Event) -> _Seen:
        if subject.held_by:
            self._observations.deferred(subject.tenant.id, [self._provider])
            return _Seen.HELD
        cell = subject.tenant.cell
        if failures[cell] >= ENOUGH_FAILURES:
            # It would wait as long in vain.
            why = f"not tried, because there was no answer for others in cell {cell}"
            self._observations.failed(subject, self._provider, why)
            return _Seen.FAILED
        stop.wait(self._pace.turn())
        if stop.is_set():
            return _Seen.FAILED
        return self._look(subject, failures)

    def _look(self, subject: Subject, failures: Counter[str]) -> _Seen:
        try:
            found = self._differences(subject)
        except Throttled:
            raise
        except (Unavailable, PermanentError) as error:
            in_a_row = failures[subject.tenant.cell] + 1
            failures[subject.tenant.cell] = in_a_row if isinstance(error, Unavailable) else 0
            self._observations.failed(subject, self._provider, f"{error.code}: {error}")
            log.warning("tenant not looked at", tenant=subject.tenant.id, reason=capped(str(error)))
            return _Seen.FAILED
        failures[subject.tenant.cell] = 0
        if self._observations.record(subject, self._provider, found):
            return _Seen.LOOKED_AT
        self._observations.deferred(subject.tenant.id, [self._provider])
        return _Seen.HELD

    def _differences(self, subject: Subject, outputs: dict[str, str] | None = None) -> list[Difference]:
        tenant = subject.tenant
        blueprint = self._catalog.blueprints.get(tenant.blueprint)
        if blueprint is None:
            raise BlueprintError(f"there is no blueprint '{tenant.blueprint}' any more")
        context = TenantContext(
            id=tenant.id,
            slug=tenant.slug,
            customer_id=tenant.customer_id,
            install=self._install,
            region=tenant.region,
            cell=tenant.cell,
            blueprint=tenant.blueprint,
        )
        return [
            found
            for step in blueprint.model.steps
            # Of what is closed only the data matters: the restore would bring back everything else.
            if (step.kind in HOLDS_DATA or tenant.phase is not Phase.CLOSED)
            and (look := self._looks.get(step.kind))
            for found in look(
                StepCall(
                    tenant=context,
                    operation_id=subject.held_by or "",
                    step=step.name,
                    desired=subject.desired,
                    outputs=tenant.outputs if outputs is None else outputs,
                )
            )
        ]


def _leaving_alone(error: Throttled, attempt: int) -> Throttled:
    """The same with a delay that grows by attempts: nobody waits for a scan, so all others go before it."""
    pause = min(FIRST_PAUSE * 2 ** min(attempt - 1, 10), LONGEST_PAUSE)
    return Throttled(str(error), retry_after=max(pause, error.retry_after or pause))


def _resumed() -> tuple[ObserveOutcome, str]:
    """What an earlier attempt had done of the page, and the last tenant that it looked at."""
    details = activity.info().heartbeat_details
    if not details:
        return ObserveOutcome(), ""
    last, outcome = details
    return ObserveOutcome.model_validate(outcome), str(last)


def _counted(outcome: ObserveOutcome, seen: _Seen) -> ObserveOutcome:
    return outcome.model_copy(update={seen.value: getattr(outcome, seen.value) + 1})
