"""Customers: the one thing that the API writes itself, as nothing outside has to be made for it."""

from fastapi import APIRouter, status

from api.body import JSON_BODY
from api.claims import claim_customer
from api.docs import BODY, CHANGES, errors
from api.identity import AskedFor
from api.schemas import NewCustomer
from api.services import Served
from api.views import CustomerView
from domain.naming import new_tenant_id
from store.customers import create_customer

router = APIRouter(prefix="/v1/customers", tags=["customers"])


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
    return CustomerView(id=row.id, name=row.name, created_at=row.created_at)
