"""Keys of the API: made by an admin, shown once, revoked."""

from typing import Annotated

from fastapi import Query, status

from api.body import JSON_BODY, NO_BODY
from api.docs import BODY, CHANGES, READS, errors
from api.guard import GuardedRouter
from api.identity import AskedFor
from api.key_schemas import KeyPage, KeyView, MadeKey, NewKey
from api.paths import KeyId
from api.problems import ApiProblem, invalid
from api.schemas import Paging
from api.services import Served
from domain.api_key import mint
from store import api_keys
from store.customers import get_customer
from store.tables import ApiKeyRow

router = GuardedRouter(prefix="/v1/keys", tags=["access"])


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Make a key",
    responses=errors("KeyMade", *BODY, *CHANGES),
    dependencies=[JSON_BODY],
)
async def make_key(services: Served, request: AskedFor, wanted: NewKey) -> MadeKey:
    """Only a hash of it is kept: what this answers is shown once, and not to a repeat either."""
    now = services.clock.now()
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise invalid("expires_at", "is over already")
    if wanted.customer_id and await services.query(get_customer, wanted.customer_id) is None:
        raise invalid("customer_id", f"there is no customer '{wanted.customer_id}'")
    minted = mint(request.digest)
    row = ApiKeyRow(
        id=minted.id,
        name=wanted.name,
        hash=minted.digest,
        roles=sorted(set(wanted.roles)),
        customer_id=wanted.customer_id,
        made_by=request.caller,
        created_at=now,
        expires_at=wanted.expires_at,
    )
    if not await services.query(lambda engine: api_keys.make_key(engine, row, request.author)):
        raise ApiProblem("KeyMade", f"This Idempotency-Key has made the key {minted.id}. {_LOST}")
    return MadeKey(key=minted.text, **KeyView.of(row).model_dump())


@router.get("", summary="List keys", responses=errors("InvalidSpec", *READS))
async def keys(services: Served, listing: Annotated[Paging, Query()]) -> KeyPage:
    """Oldest first, those that ended or were revoked included."""
    try:
        rows, following = await services.query(
            lambda engine: api_keys.list_keys(engine, listing.cursor, listing.limit)
        )
    except ValueError as error:
        raise invalid("cursor", str(error)) from error
    return KeyPage(items=[KeyView.of(row) for row in rows], next=following)


@router.delete(
    "/{key_id}",
    summary="Revoke a key",
    responses=errors("KeyNotFound", *CHANGES),
    dependencies=[NO_BODY],
)
async def revoke_key(services: Served, request: AskedFor, key_id: KeyId) -> KeyView:
    """From the next request on it is not taken. Revoking again changes nothing."""
    now = services.clock.now()
    row = await services.query(lambda engine: api_keys.revoke_key(engine, key_id, now, request.author))
    if row is None:
        raise ApiProblem("KeyNotFound")
    return KeyView.of(row)


_LOST = "It was shown in the first answer only: if that was lost, revoke it and make another."
