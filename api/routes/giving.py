"""Credits, charges and discounts that a person gives."""

from typing import Any

from fastapi import status

from api.body import JSON_BODY
from api.docs import BODY, CHANGES, errors
from api.giving import GivingOf
from api.giving_schemas import Discount, DiscountView, OneOff, OneOffView
from api.guard import GuardedRouter
from api.paths import Slug
from api.routes.tenants import WhichOf

router = GuardedRouter(prefix="/v1/tenants/{slug}", tags=["billing"])

_GIVE: dict[str, Any] = {
    "status_code": status.HTTP_201_CREATED,
    "responses": errors("TenantNotFound", "NotBilled", *BODY, *CHANGES),
    "dependencies": [JSON_BODY],
}


@router.post("/credits", summary="Give a credit", **_GIVE)
async def give_credit(giving: GivingOf, slug: Slug, which: WhichOf, given: OneOff) -> OneOffView:
    """On the next closing, whole, even if its invoice becomes negative by it. It cannot be taken back: a
    charge of the same amount does that, and both stay to be seen."""
    return await giving.one_off(slug, which.id, given, is_credit=True)


@router.post("/charges", summary="Charge once", **_GIVE)
async def give_charge(giving: GivingOf, slug: Slug, which: WhichOf, given: OneOff) -> OneOffView:
    """On the next closing. It cannot be taken back: a credit of the same amount does that."""
    return await giving.one_off(slug, which.id, given, is_credit=False)


@router.post("/discounts", summary="Give a discount", **_GIVE)
async def give_discount(giving: GivingOf, slug: Slug, which: WhichOf, given: Discount) -> DiscountView:
    """Percent off fee and usage, by time, from now or later. What is billed in advance already for that time
    is corrected on the next invoice."""
    return await giving.discount(slug, which.id, given)
