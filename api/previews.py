"""What a change would do: records and prices are read here, providers are asked by workers, for seconds."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowFailureError

from activities.records.desk import Desk
from activities.records.foresight import Foresight, foresee
from api.problems import away
from api.temporal_errors import problem_of, temporal_errors
from catalog import Catalog
from domain.errors import PermanentError
from domain.messages import OperationRequest, PreviewInput, PreviewResult, StepLook
from domain.naming import preview_id
from domain.phases import OperationKind
from domain.previewing.duration import Expectations
from runtime.clock import Clock
from runtime.settings import Settings
from store.engine import transaction

WORKFLOW = "PreviewChange"
ANSWER_SECONDS = 10
"""Longer than the looks of workflows/policies.py, which end by themselves."""
RUN_LIMIT = timedelta(seconds=30)
_RPC = timedelta(seconds=5)
_WORKER = "A worker that looks at what would change"
_PASSING = frozenset({"TimedOut", "Unavailable", "Throttled", "NotReady"})
AGAIN = "Nothing was changed; ask again in a moment."


@dataclass(frozen=True)
class Previews:
    """One per process."""

    client: Client
    engine: Engine
    catalog: Catalog
    clock: Clock
    settings: Settings

    @property
    def usual(self) -> Expectations:
        return Expectations(
            database=round(self.settings.expected_database_seconds),
            load_balancer=round(self.settings.expected_load_balancer_seconds),
            rollout=round(self.settings.expected_rollout_seconds),
        )

    def foresee(self, request: OperationRequest) -> Foresight:
        """Blocks. Raises ApiProblem in the words of the operation's own refusal."""
        try:
            with transaction(self.engine) as session:
                zone = self.settings.billing_zone
                desk = Desk(session, self.catalog, self.settings.install, self.clock.now(), zone)
                return foresee(desk, request)
        except PermanentError as error:
            raise problem_of(error.code, str(error)) or error from error

    async def look(self, foreseen: Foresight, kind: OperationKind) -> list[StepLook]:
        """Raises ApiProblem when nothing could be looked at."""
        given = _input(foreseen)
        if not given.steps:
            return []
        looks = (await self._asked(given, f"preview of a {kind} of {given.tenant.slug}")).looks
        errors = [look.error for look in looks if look.error]
        if len(errors) == len(looks) and all(error.code in _PASSING for error in errors):
            first = errors[0]
            raise away("What would change", advice=f"{first.code}: {first.message}. {AGAIN}")
        return looks

    async def _asked(self, given: PreviewInput, summary: str) -> PreviewResult:
        try:
            with temporal_errors():
                async with asyncio.timeout(ANSWER_SECONDS):
                    handle = await self.client.start_workflow(
                        WORKFLOW,
                        given,
                        id=preview_id(given.tenant.id),
                        task_queue=self.settings.task_queue,
                        result_type=PreviewResult,
                        execution_timeout=RUN_LIMIT,
                        rpc_timeout=_RPC,
                        static_summary=summary,
                    )
                    found: PreviewResult = await handle.result()
        except WorkflowFailureError as error:
            raise away(_WORKER, advice=AGAIN) from error
        return found


def _input(foreseen: Foresight) -> PreviewInput:
    plan = foreseen.plan
    known = foreseen.removes or plan.after is not None
    return PreviewInput(
        tenant=plan.tenant,
        steps=plan.steps if known else [],
        desired=plan.after,
        outputs=plan.outputs,
        final_snapshot=plan.final_snapshot,
    )
