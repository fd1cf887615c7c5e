"""Idempotency keys: the first request under a key decides what it becomes, repeats become the same."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from api.identity import Asked
from api.problems import ApiProblem
from api.services import Services
from domain.naming import new_operation_id
from store.customers import change_customer
from store.engine import transaction
from store.idempotency import Claim, KeyReused, claim
from store.tables import CustomerRow, IdempotencyRow


@dataclass(frozen=True)
class OperationClaim:
    """Ids that were fixed before anything started."""

    operation_id: str
    tenant_id: str


async def earlier_claim(services: Services, asked: Asked, fingerprint: str) -> OperationClaim | None:
    """What this key was used for before. Raises ApiProblem if that was another request."""
    row = await services.query(_find, asked.caller, asked.key)
    return _operation(row, fingerprint) if row else None


async def claim_operation(
    services: Services, asked: Asked, fingerprint: str, tenant_id: str
) -> OperationClaim:
    """Fixes the ids of a new operation; of two repeats at the same moment, both get the first one's."""
    wanted = Claim(
        caller=asked.caller,
        key=asked.key,
        body_hash=fingerprint,
        operation_id=new_operation_id(),
        tenant_id=tenant_id,
    )
    return _operation(await _claimed(services, wanted), fingerprint)


async def claim_customer(services: Services, asked: Asked, fingerprint: str, customer_id: str) -> str:
    """Returns the id of the customer that this key makes."""
    wanted = Claim(caller=asked.caller, key=asked.key, body_hash=fingerprint, customer_id=customer_id)
    row = await _claimed(services, wanted)
    if row.customer_id is None:
        raise ApiProblem("IdempotencyKeyReused")
    return row.customer_id


async def change_claimed_customer(
    services: Services,
    asked: Asked,
    customer_id: str,
    changes: dict[str, str | None],
    check: Callable[[CustomerRow], None],
) -> CustomerRow:
    """The customer as it is now, changed if the key is new and `check` raises nothing."""
    wanted = Claim(
        caller=asked.caller, key=asked.key, body_hash=asked.fingerprint({**changes}), customer_id=customer_id
    )
    try:
        now, by = services.clock.now(), asked.author
        row = await services.query(change_customer, customer_id, wanted, changes, now, check, by=by)
    except KeyReused as error:
        raise ApiProblem("IdempotencyKeyReused") from error
    if row is None:
        raise ApiProblem("CustomerNotFound")
    return row


async def _claimed(services: Services, wanted: Claim) -> IdempotencyRow:
    try:
        row, _ = await services.query(claim, wanted, services.clock.now())
    except KeyReused as error:
        raise ApiProblem("IdempotencyKeyReused") from error
    return row


def _operation(row: IdempotencyRow, fingerprint: str) -> OperationClaim:
    if row.body_hash != fingerprint or row.operation_id is None or row.tenant_id is None:
        raise ApiProblem("IdempotencyKeyReused")
    return OperationClaim(operation_id=row.operation_id, tenant_id=row.tenant_id)


def _find(engine: Engine, caller: str, key: str) -> IdempotencyRow | None:
    with transaction(engine) as session:
        return session.get(IdempotencyRow, (caller, key))
