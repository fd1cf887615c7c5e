"""Support access to a tenant: asked for, approved, bound for its time, taken away.

That it ends does not depend on this run: every token dies by itself, at the grant's end or sooner.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.messages import ErrorView
from domain.messages.access import (
    AccessApproval,
    AccessDecision,
    AccessEnding,
    AccessPlan,
    AccessRequest,
    CredentialsCall,
    CredentialsRequest,
    SealedCredentials,
)
from domain.queues import Provider
from domain.support import AccessState
from workflows import policies
from workflows.failures import as_failure, error_view
from workflows.refusals import conflict, not_possible, too_late

BINDING = timedelta(minutes=15)
"""How long the account may take to be made, of the time that was approved."""
UNBINDING = timedelta(hours=12)
"""How long it is tried to take the account away. Its tokens are dead long before."""
ISSUING = timedelta(seconds=9)
"""Who asks for credentials waits for them."""
Result = TypeVar("Result")


@workflow.defn
class GrantAccess:
    """Its id names the grant, so that two requests under one key are one."""

    @workflow.init
    def __init__(self, request: AccessRequest) -> None:
        self._asked = request
        self._plan: AccessPlan | None = None
        self._refusal: ErrorView | None = None
        self._ends_at: datetime | None = None
        self._active = False
        self._ending: AccessEnding | None = None

    @workflow.update(description="Returns when it is recorded who wants access and why")
    async def accept_access(self) -> None:
        await workflow.wait_condition(lambda: self._plan is not None or self._refusal is not None)
        if self._refusal:
            raise as_failure(self._refusal)

    @workflow.update(description="Somebody else agrees: from now on it lasts as long as was asked for")
    async def approve(self, decision: AccessDecision) -> None:
        request, at = self._asked, workflow.now()
        ends_at = at + timedelta(seconds=request.seconds)
        approval = AccessApproval(
            grant_id=request.grant_id, by=decision.by, at=at, ends_at=ends_at, origin=decision.origin
        )
        try:
            await _record("access.approve", approval, "record who approved it", type(None))
        except ActivityError as error:
            raise as_failure(error_view(error)) from error
        # It may have ended while that was written; who approved it is to hear so.
        self._refuse_ended()
        self._ends_at = self._ends_at or ends_at

    @approve.validator
    def _may_approve(self, decision: AccessDecision) -> None:
        self._refuse_ended()
        if decision.by == self._asked.requested_by:
            raise not_possible("nobody approves access that they asked for themselves")
        if self._ends_at:
            raise conflict("it is approved already")

    @workflow.update(description="End it now")
    async def revoke(self, decision: AccessDecision) -> None:
        self._end(AccessState.REVOKED, decision)

    @revoke.validator
    def _may_revoke(self, decision: AccessDecision) -> None:  # noqa: ARG002 - the API knows who may
        self._refuse_ended()

    @workflow.signal(description="The tenant is suspended or leaves")
    def withdraw(self, why: str) -> None:
        self._end(AccessState.WITHDRAWN, detail=why)

    @workflow.update(description="Credentials, sealed for the requester's key")
    async def issue(self, request: CredentialsRequest) -> SealedCredentials:
        return await self._issued("kubernetes", request, "make a token")

    @workflow.update(description="A session in AWS, sealed for the requester's key")
    async def issue_session(self, request: CredentialsRequest) -> SealedCredentials:
        issued = await self._issued("aws", request, "begin a session in AWS")
        # Nothing takes a session back: one that came too late is handed to nobody.
        self._refuse_ended()
        return issued

    @issue.validator
    def _may_issue_token(self, request: CredentialsRequest) -> None:
        self._may_issue(request)

    @issue_session.validator
    def _may_issue_session(self, request: CredentialsRequest) -> None:
        self._may_issue(request)

    def _may_issue(self, request: CredentialsRequest) -> None:
        self._refuse_ended()
        if request.by != self._asked.requested_by:
            raise not_possible("credentials are for whoever asked for this access, and nobody else")
        if self._ends_at is None:
            raise not_possible("this access is not approved yet")

    @workflow.run
    async def run(self, request: AccessRequest) -> AccessEnding | None:
        workflow.set_current_details(f"**{request.mode} access** for {request.requested_by}")
        try:
            self._plan = await _record("access.open", request, "record who wants what and why", AccessPlan)
        except ActivityError as error:
            self._refusal = error_view(error)
            await workflow.wait_condition(workflow.all_handlers_finished)
            return None
        if await self._approved(request):
            await self._give(self._plan)
        ending = self._ending or self._end(AccessState.EXPIRED)
        # What is being handed out now ends with its account.
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._ends_at:
            ending = await self._take_away(self._plan, ending)
        await _record("access.end", ending, f"record: {ending.state}", type(None))
        workflow.set_current_details(f"**{ending.state}** {ending.detail}")
        return ending

    async def _approved(self, request: AccessRequest) -> bool:
        try:
            await workflow.wait_condition(
                lambda: self._ends_at is not None or self._ending is not None,
                timeout=timedelta(seconds=request.approval_seconds),
                timeout_summary="waits for approval",
            )
        except TimeoutError:
            self._end(AccessState.LAPSED)
        return self._ending is None

    async def _give(self, plan: AccessPlan) -> None:
        try:
            await self._cluster("bind_access", plan, "make the account", BINDING)
            await _record("access.begin", plan.grant_id, "record: active", type(None))
        except ActivityError as error:
            view = error_view(error)
            self._end(AccessState.FAILED, detail=f"{view.code}: {view.message}")
            return
        self._active = True
        left = (self._ends_at or workflow.now()) - workflow.now()
        try:
            await workflow.wait_condition(
                lambda: self._ending is not None,
                timeout=max(left, timedelta()),
                timeout_summary="until it is over",
            )
        except TimeoutError:
            self._end(AccessState.EXPIRED)

    async def _take_away(self, plan: AccessPlan, ending: AccessEnding) -> AccessEnding:
        try:
            await self._cluster("unbind_access", plan, "take the account away", UNBINDING)
        except ActivityError as error:
            view = error_view(error)
            left = f"its account is still bound: {view.code}: {view.message}"
            return ending.model_copy(update={"detail": f"{ending.detail}; {left}".removeprefix("; ")})
        return ending

    async def _issued(self, issuer: Provider, request: CredentialsRequest, summary: str) -> SealedCredentials:
        if not self._active:
            await self._until_active()
        if self._plan is None or self._ends_at is None:
            raise too_late()
        call = CredentialsCall(
            plan=self._plan,
            ends_at=self._ends_at,
            public_key=request.public_key,
            requested_by=self._asked.requested_by,
        )
        try:
            return await self._provider(issuer, "issue_access", call, summary, ISSUING, SealedCredentials)
        except ActivityError as error:
            raise as_failure(error_view(error)) from error

    async def _until_active(self) -> None:
        """Between the approval and the account is a moment."""
        try:
            await workflow.wait_condition(
                lambda: self._active or self._ending is not None,
                timeout=ISSUING,
                timeout_summary="until the account is there",
            )
        except TimeoutError:
            raise not_possible("this access is not active yet; ask again in a while") from None
        self._refuse_ended()

    def _end(
        self, state: AccessState, decision: AccessDecision | None = None, *, detail: str = ""
    ) -> AccessEnding:
        """The first reason to end is the one that is kept."""
        if self._ending is None:
            by, origin = (decision.by, decision.origin) if decision else (None, None)
            self._ending = AccessEnding(
                grant_id=self._asked.grant_id, state=state, by=by, detail=detail, origin=origin
            )
        return self._ending

    def _refuse_ended(self) -> None:
        if self._ending is not None:
            raise not_possible(f"this access is {self._ending.state}")

    async def _cluster(self, name: str, plan: AccessPlan, summary: str, limit: timedelta) -> None:
        await self._provider("kubernetes", name, plan, summary, limit, type(None))

    async def _provider(
        self,
        provider: Provider,
        name: str,
        argument: Any,
        summary: str,
        limit: timedelta,
        result_type: type[Result],
    ) -> Result:
        result: Result = await workflow.execute_activity(
            f"{provider}.{name}",
            argument,
            result_type=result_type,
            summary=summary,
            **policies.provider(provider, self._asked.tenant_id, limit),
        )
        return result


async def _record(name: str, argument: Any, summary: str, result_type: type[Result]) -> Result:
    result: Result = await workflow.execute_activity(
        name, argument, result_type=result_type, summary=summary, **policies.records()
    )
    return result
