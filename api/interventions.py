"""What a person does to an operation that runs: cancel it, or have it try again what is stuck."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Response

from api.answers import accepted
from api.claims import OperationClaim, claim_operation, earlier_claim
from api.find import find_operation
from api.identity import AskedFor
from api.problems import ApiProblem
from api.services import Served
from api.views import Accepted
from domain.messages import CancelRequest, RetryRequest
from domain.phases import FINISHED, OperationStatus
from store.tables import OperationRow

Send = Callable[[OperationRow, OperationClaim], Awaitable[None]]


class Interventions:
    """One per request. Everything raises ApiProblem."""

    def __init__(self, services: Served, asked: AskedFor, response: Response) -> None:
        self._services = services
        self._asked = asked
        self._response = response

    async def cancel(self, operation_id: str) -> Accepted:
        async def send(operation: OperationRow, claim: OperationClaim) -> None:
            wish = CancelRequest(operation_id=operation.id, requested_by=self._asked.caller)
            await self._services.runs.cancel(operation.request, wish, claim.operation_id)

        return await self._intervene(operation_id, send, heard=frozenset({OperationStatus.CANCELLED}))

    async def retry(self, operation_id: str) -> Accepted:
        async def send(operation: OperationRow, claim: OperationClaim) -> None:
            wish = RetryRequest(requested_by=self._asked.caller)
            await self._services.runs.retry(operation.request, wish, claim.operation_id)

        return await self._intervene(operation_id, send, heard=FINISHED)

    async def _intervene(self, operation_id: str, send: Send, heard: frozenset[OperationStatus]) -> Accepted:
        """`heard`: how the operation ends when the wish was heard; then its repeat is no refusal."""
        operation = await find_operation(self._services, operation_id)
        fingerprint = self._asked.fingerprint({})
        earlier = await earlier_claim(self._services, self._asked, fingerprint)
        if earlier and operation.status in heard:
            return accepted(self._response, operation.request)
        if operation.status in FINISHED:
            raise ApiProblem("OperationFinished", f"operation {operation.id} has ended: {operation.status}")
        # The claim's id is the update's: a repeat reaches the run once.
        claim = earlier or await claim_operation(
            self._services, self._asked, fingerprint, operation.tenant_id
        )
        await send(operation, claim)
        return accepted(self._response, operation.request)


InterventionsOf = Annotated[Interventions, Depends(Interventions)]
