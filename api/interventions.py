"""What a person does to an operation that runs: ends it, or helps it over what it is stuck at."""

from typing import Annotated

from fastapi import Depends, Response

from api.answers import accepted
from api.claims import claim_operation, earlier_claim
from api.find import find_operation
from api.identity import AskedFor
from api.intervention_schemas import Abort, Amend, Resume, Retry, Skip
from api.problems import ApiProblem
from api.schemas import Request
from api.services import Served
from api.views import Accepted
from domain.messages import (
    AbortRequest,
    AmendRequest,
    CancelRequest,
    InterventionRequest,
    JsonObject,
    ResumeRequest,
    RetryRequest,
    SkipRequest,
)
from domain.phases import FINISHED, OperationStatus

_UNDONE = frozenset({OperationStatus.CANCELLED})
_NOT_ASKED = {"operation_id", "requested_by", "origin"}
"""What two requests for the same may differ in."""


class Interventions:
    """One per request. Everything raises ApiProblem."""

    def __init__(self, services: Served, asked: AskedFor, response: Response) -> None:
        self._services = services
        self._asked = asked
        self._response = response

    async def cancel(self, operation_id: str) -> Accepted:
        wish = CancelRequest(operation_id=operation_id, **self._by())
        return await self._intervene(operation_id, "cancel_operation", wish, heard=_UNDONE)

    async def abort(self, operation_id: str, given: Abort) -> Accepted:
        wish = AbortRequest(operation_id=operation_id, **self._said(given))
        return await self._intervene(operation_id, "abort", wish, heard=_UNDONE)

    async def retry(self, operation_id: str, given: Retry) -> Accepted:
        # Whatever runs: an operation that waits to take over is helped by a retry of the one before it.
        return await self._intervene(operation_id, "retry", RetryRequest(**self._said(given)))

    async def skip(self, operation_id: str, given: Skip) -> Accepted:
        wish = SkipRequest(operation_id=operation_id, **self._said(given))
        return await self._intervene(operation_id, "skip", wish)

    async def amend(self, operation_id: str, given: Amend) -> Accepted:
        wish = AmendRequest(operation_id=operation_id, **self._said(given))
        return await self._intervene(operation_id, "amend", wish)

    async def resume(self, operation_id: str, given: Resume) -> Accepted:
        wish = ResumeRequest(operation_id=operation_id, **self._said(given))
        return await self._intervene(operation_id, "resume_from_pause", wish)

    def _said(self, given: Request) -> JsonObject:
        return {**self._by(), **given.model_dump(mode="json", exclude_none=True)}

    def _by(self) -> JsonObject:
        return {"requested_by": self._asked.caller, "origin": self._asked.origin}

    async def _intervene(
        self,
        operation_id: str,
        update: str,
        wish: InterventionRequest,
        heard: frozenset[OperationStatus] = FINISHED,
    ) -> Accepted:
        """`heard`: how the operation ends when the wish was heard; then its repeat is no refusal."""
        operation = await find_operation(self._services, operation_id)
        body = wish.model_dump(mode="json", exclude=_NOT_ASKED, exclude_defaults=True)
        fingerprint = self._asked.fingerprint(body)
        earlier = await earlier_claim(self._services, self._asked, fingerprint)
        if earlier and operation.status in heard:
            return accepted(self._response, operation.request)
        if operation.status in FINISHED:
            raise ApiProblem("OperationFinished", f"operation {operation.id} has ended: {operation.status}")
        # The claim's id is the update's: a repeat reaches the run once.
        claim = earlier or await claim_operation(
            self._services, self._asked, fingerprint, operation.tenant_id
        )
        why = {"reason": wish.reason or self._asked.origin.reason}
        told = wish.model_copy(update=why)
        await self._services.runs.intervene(operation.request, update, told, claim.operation_id)
        return accepted(self._response, operation.request)


InterventionsOf = Annotated[Interventions, Depends(Interventions)]
