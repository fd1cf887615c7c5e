"""Customers: the one thing that the API writes itself, as nothing outside has to be made for it."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict

from api.body import JSON_BODY
from api.claims import claim_customer
from api.docs import BODY, CHANGES, READS, errors
from api.identity import AskedFor
from api.problems import ApiProblem
from api.schemas import CUSTOMER_ID_PATTERN, CustomerName, NewCustomer
from api.services import Served
from api.views import CustomerView
from domain.naming import new_tenant_id
from store.customers import create_customer, customers_named, get_customer
from store.tables import CustomerRow

router = APIRouter(prefix="/v1/customers", tags=["customers"])

MOST_NAMESAKES = 50


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: CustomerName


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Make a customer",
    responses=errors(*BODY, *CHANGES),
    dependencies=[JSON_BODY],
)
async def make_customer(services: Served, asked: AskedFor, customer: NewCustomer) -> CustomerView:
    """Every tenant belongs to a customer. Repeating the key answers the same customer."""
    fingerprint = asked.fingerprint(customer.model_dump(mode="json"))
    customer_id = await claim_customer(services, asked, fingerprint, f"cus{new_tenant_id()}")
    row = await services.query(create_customer, customer_id, customer.name, services.clock.now())
    return _view(row)


@router.get("", summary="Find customers by name", responses=errors("InvalidSpec", *READS))
async def customers(services: Served, wanted: Annotated[Named, Query()]) -> list[CustomerView]:
    """Those of exactly this name, oldest first."""
    return [_view(row) for row in await services.query(customers_named, wanted.name, limit=MOST_NAMESAKES)]


@router.get("/{customer_id}", summary="Show a customer", responses=errors("CustomerNotFound", *READS))
async def customer(services: Served, customer_id: str) -> CustomerView:
    """By the id that making it answered."""
    known = re.fullmatch(CUSTOMER_ID_PATTERN, customer_id)
    row = await services.query(get_customer, customer_id) if known else None
    if row is None:
        raise ApiProblem("CustomerNotFound")
    return _view(row)


def _view(row: CustomerRow) -> CustomerView:
    return CustomerView(id=row.id, name=row.name, created_at=row.created_at)
