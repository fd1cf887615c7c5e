"""The way from what people want of support access to the run of its grant."""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from api.identity import Asked
from api.problems import ApiProblem
from api.runs import ACCEPT_SECONDS, update_with_start
from api.temporal_errors import RunGone, WrongRun, temporal_errors
from domain.messages.access import (
    AccessDecision,
    AccessRequest,
    CredentialsRequest,
    SealedCredentials,
)
from domain.queues import Provider
from domain.support import AccessMode, Approval, access_workflow_id
from runtime.settings import Settings

WORKFLOW = "GrantAccess"
Result = TypeVar("Result")
_ISSUING: Mapping[Provider, str] = {"aws": "issue_session", "kubernetes": "issue"}


class Grants:
    """Everything raises ApiProblem."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._task_queue = settings.task_queue
        self._approval: Approval = settings.access_approval
        self._approval_seconds = settings.access_approval_seconds

    def wish(
        self, asked: Asked, tenant_id: str, reason: str, seconds: int, mode: AccessMode
    ) -> AccessRequest:
        """The same grant for the same caller and key."""
        return AccessRequest(
            grant_id="ag" + asked.digest[:18],
            tenant_id=tenant_id,
            requested_by=asked.caller,
            reason=reason,
            seconds=seconds,
            mode=mode,
            approval=self._approval,
            approval_seconds=self._approval_seconds,
            origin=asked.origin,
        )

    async def request(self, wish: AccessRequest, slug: str) -> None:
        """Returns when it is recorded who wants access and why."""
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            WORKFLOW,
            wish,
            id=access_workflow_id(wish.grant_id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"{wish.mode} access to {slug}",
        )
        try:
            with temporal_errors():
                async with asyncio.timeout(ACCEPT_SECONDS):
                    await update_with_start(self._client, start, "accept_access", id="accept")
        except RunGone:
            raise ApiProblem("AccessNotPossible", "It has just ended; ask again with a new key.") from None

    async def decide(
        self, grant_id: str, what: Literal["approve", "revoke"], asked: Asked, update_id: str
    ) -> None:
        decision = AccessDecision(by=asked.caller, origin=asked.origin)
        await self._tell(grant_id, what, decision, update_id, type(None))

    async def credentials(
        self, grant_id: str, provider: Provider, request: CredentialsRequest, update_id: str
    ) -> SealedCredentials:
        return await self._tell(grant_id, _ISSUING[provider], request, update_id, SealedCredentials)

    async def _tell(
        self, grant_id: str, update: str, argument: Any, update_id: str, result_type: type[Result]
    ) -> Result:
        handle = self._client.get_workflow_handle(access_workflow_id(grant_id))
        try:
            with temporal_errors():
                async with asyncio.timeout(ACCEPT_SECONDS):
                    result: Result = await handle.execute_update(
                        update, argument, id=update_id, result_type=result_type
                    )
        except (RunGone, WrongRun):
            raise ApiProblem("AccessNotPossible", "It has ended; ask for it anew.") from None
        except ApiProblem as refused:
            if refused.kind.code not in {"NotPossibleNow", "PhaseConflict"}:
                raise
            raise ApiProblem("AccessNotPossible", refused.detail) from refused
        return result
