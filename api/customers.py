"""Whose a new tenant is: a customer that exists, by id or name, or one that is made with its first tenant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.problems import ApiProblem, FieldProblem
from api.schemas import Signup
from api.services import Services
from domain.audit.origin import Author
from store.customers import customer_named, get_customer, list_customers, remove_unused_customer

_SHOWN_IDS = 5
_SERVER_ERROR = 500


async def customer_problems(
    services: Services, customer_id: str | None, name: str | None
) -> list[FieldProblem]:
    """What is wrong with the customer that a sign-up names."""
    own = services.caller.customer_id
    if own is not None and name is not None:
        return [FieldProblem(field="customer", message=f"you are a customer: give customer_id {own}")]
    if customer_id is not None and not await _is_there(services, customer_id):
        said = f"there is no customer '{customer_id}'; make one with POST /v1/customers"
        return [FieldProblem(field="customer_id", message=said)]
    if name is None:
        return []
    rows, _ = await services.query(list_customers, None, _SHOWN_IDS, name=name)
    ids = [row.id for row in rows]
    if len(ids) <= 1:
        return []
    said = f"several customers have this name ({', '.join(ids)}); name one by customer_id"
    return [FieldProblem(field="customer", message=said)]


async def _is_there(services: Services, customer_id: str) -> bool:
    return services.caller.sees(customer_id) and await services.query(get_customer, customer_id) is not None


@asynccontextmanager
async def customer_of(services: Services, signup: Signup, tenant_id: str, by: Author) -> AsyncIterator[str]:
    """The id of the customer, made if the name is new; if the sign-up is refused, it is not left behind."""
    if signup.customer is None:
        yield str(signup.customer_id)
        return
    new_id = f"cus{tenant_id}"
    now = services.clock.now()
    customer_id = await services.query(customer_named, signup.customer, new_id, now, by=by)
    try:
        yield customer_id
    except ApiProblem as refused:
        # After a 5xx the repeat under the same key goes on with this customer.
        if customer_id == new_id and refused.status_code < _SERVER_ERROR:
            await services.query(remove_unused_customer, new_id, now, by=by)
        raise
