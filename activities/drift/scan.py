"""The scan's own part: which tenants come next, and what is done about those that have drifted."""

import asyncio
from collections.abc import Callable
from typing import get_args

from temporalio import activity
from temporalio.client import Client

from activities.drift.repairs import Repairs
from activities.starting import on_its_own
from catalog import Catalog
from domain.drift import Policy, steps_to_repair
from domain.messages import JudgeInput, JudgeOutcome, PageInput, Place, StepsInput, TenantsPage
from domain.phases import TRANSITIONS, OperationKind
from domain.queues import Provider
from store.observations import Observations
from store.tables import TenantRow

IN_SYNC = JudgeOutcome()
REPORTED = JudgeOutcome(drifted=1)
STARTED = JudgeOutcome(drifted=1, repairs=1)
DEFERRED = JudgeOutcome(drifted=1, deferred=1)
POSTPONED = JudgeOutcome(drifted=1, postponed=1)
FAILED = JudgeOutcome(failed=1)


class Scan:
    def __init__(
        self, client: Client, task_queue: str, catalog: Catalog, policy: Policy, observations: Observations
    ) -> None:
        self._repairs = Repairs(client, task_queue)
        self._catalog = catalog
        self._policy = policy
        self._observations = observations

    def activities(self) -> list[Callable[..., object]]:
        return [self.page, self.judge, self.steps, self.places]

    @activity.defn(name="drift.page")
    def page(self, call: PageInput) -> TenantsPage:
        """The tenants that are to be looked at next."""
        ids = self._observations.page(call.after, call.limit)
        return TenantsPage(tenant_ids=ids, next=ids[-1] if len(ids) == call.limit else None)

    @activity.defn(name="drift.judge")
    async def judge(self, call: JudgeInput) -> JudgeOutcome:
        """Starts a repair for each tenant that has drifted in what the policy lets be repaired.

        Raises Unavailable.
        """
        outcome = JudgeOutcome()
        for tenant_id in call.tenant_ids:
            may_start = outcome.repairs < call.repairs_at_most
            judged = await on_its_own(tenant_id, self._judge(tenant_id, may_start=may_start))
            outcome = _sum(outcome, judged or FAILED)
        return outcome

    @activity.defn(name="drift.steps")
    def steps(self, call: StepsInput) -> list[str]:
        """Steps of which the last look found something that a repair may bring back."""
        rows = self._observations.of(call.tenant_id)
        differences = [one for row in rows for one in row.differences]
        return steps_to_repair(differences, self._policy if call.by_policy else None)

    @activity.defn(name="drift.places")
    def places(self) -> list[Place]:
        """Where orphans can be: the regions and the clusters of all cells."""
        cells = self._catalog.cells.values()
        return [
            *(Place(provider="aws", name=region) for region in sorted({cell.region for cell in cells})),
            *(Place(provider="kubernetes", name=cell.name) for cell in cells),
        ]

    async def _judge(self, tenant_id: str, *, may_start: bool) -> JudgeOutcome:
        due = await asyncio.to_thread(self._due, tenant_id)
        if isinstance(due, JudgeOutcome):
            return due
        if not may_start:
            return POSTPONED
        if await self._repairs.start(due):
            return STARTED
        await asyncio.to_thread(self._observations.deferred, tenant_id, get_args(Provider))
        return DEFERRED

    def _due(self, tenant_id: str) -> TenantRow | JudgeOutcome:
        """The tenant that a repair is to be started for, or why none is."""
        subject = next(iter(self._observations.subjects([tenant_id])), None)
        differences = [one for row in self._observations.of(tenant_id) for one in row.differences]
        if subject is None or not differences:
            return IN_SYNC
        if not steps_to_repair(differences, self._policy):
            return REPORTED
        if subject.held_by:
            self._observations.deferred(tenant_id, get_args(Provider))
            return DEFERRED
        if subject.tenant.phase not in TRANSITIONS[OperationKind.REPAIR].starts_from:
            return REPORTED
        return POSTPONED if self._observations.repair_failed_lately(tenant_id) else subject.tenant


def _sum(one: JudgeOutcome, other: JudgeOutcome) -> JudgeOutcome:
    return JudgeOutcome(
        **{name: getattr(one, name) + getattr(other, name) for name in JudgeOutcome.model_fields}
    )
