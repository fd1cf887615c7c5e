"""Customers: the one thing that the API writes itself, as nothing outside has to be made for it."""

from typing import Annotated

from fastapi import Query, Response, status
from pydantic import Field

from api.body import JSON_BODY
from api.claims import change_claimed_customer, claim_customer
from api.customer_schemas import CustomerChange, NewCustomer
from api.docs import BODY, CHANGES, READS, errors
from api.guard import GuardedRouter
from api.identity import AskedFor
from api.paths import CustomerId
from api.preconditions import IfMatch, check_match, tagged
from api.problems import ApiProblem, invalid
from api.schemas import CustomerName, Paging
from api.services import Served
from api.views import CustomerPage, CustomerView
from domain.naming import new_tenant_id
from store.customers import create_customer, get_customer, list_customers
from store.tables import CustomerRow

router = GuardedRouter(prefix="/v1/customers", tags=["customers"])


class Listing(Paging):
    name: CustomerName | None = Field(default=None, description="Only customers of exactly this name.")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Make a customer",
    responses=errors(*BODY, *CHANGES),
    dependencies=[JSON_BODY],
)
async def make_customer(services: Served, asked: AskedFor, customer: NewCustomer) -> CustomerView:
    """Every tenant belongs to a customer. Repeating the key answers the same customer."""
    fingerprint = asked.fingerprint(customer.model_dump(mode="json", exclude_unset=True))
    customer_id = await claim_customer(services, asked, fingerprint, f"cus{new_tenant_id()}")
    row = await services.query(
        create_customer,
        customer_id,
        customer.name,
        services.clock.now(),
        email=customer.email,
        time_zone=customer.time_zone,
        by=asked.author,
    )
    return _view(row)


@router.get("", summary="List customers", responses=errors("InvalidSpec", *READS))
async def customers(services: Served, listing: Annotated[Listing, Query()]) -> CustomerPage:
    """Pages in the order in which they were made."""
    try:
        rows, following = await services.query(
            list_customers, listing.cursor, listing.limit, name=listing.name
        )
    except ValueError as error:
        raise invalid("cursor", str(error)) from error
    return CustomerPage(items=[_view(row) for row in rows], next=following)


@router.get("/{customer_id}", summary="Show a customer", responses=errors("CustomerNotFound", *READS))
async def customer(services: Served, customer_id: CustomerId, response: Response) -> CustomerView:
    """By the id that making it answered. A change with its ETag in If-Match is made only if nothing of this
    is another by then."""
    row = await services.query(get_customer, customer_id)
    if row is None or not services.caller.sees(row.id):
        raise ApiProblem("CustomerNotFound")
    view = _view(row)
    tagged(response, view)
    return view


@router.patch(
    "/{customer_id}",
    summary="Change a customer",
    responses=errors("CustomerNotFound", "PreconditionFailed", *BODY, *CHANGES),
    dependencies=[JSON_BODY],
)
async def change_customer(
    services: Served,
    asked: AskedFor,
    customer_id: CustomerId,
    change: CustomerChange,
    response: Response,
    if_match: IfMatch = None,
) -> CustomerView:
    """Final invoices stay as they are, and tenants keep their time zone. Repeating the key changes nothing
    more, and answers the customer as it is by then."""
    changes = change.model_dump(exclude_unset=True)
    row = await change_claimed_customer(
        services, asked, customer_id, changes, lambda row: check_match(if_match, _view(row))
    )
    view = _view(row)
    tagged(response, view)
    return view


def _view(row: CustomerRow) -> CustomerView:
    return CustomerView.model_validate(row, from_attributes=True)
