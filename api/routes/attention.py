"""What waits for a person."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.docs import READS, errors
from api.guard import GuardedRouter
from api.problems import invalid
from api.services import Served
from api.views import AttentionPage, AttentionView
from store.attention import Waiting, list_attention
from store.tenants import MAX_PAGE

router = GuardedRouter(prefix="/v1/attention", tags=["operations"])


class Listing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(default=None, max_length=300, description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


@router.get("", summary="List what waits for a person", responses=errors("InvalidSpec", *READS))
async def attention(services: Served, listing: Annotated[Listing, Query()]) -> AttentionPage:
    """Every step at which an operation stands still, stuck or paused, what waits longest first."""
    try:
        page = await services.query(list_attention, listing.cursor, listing.limit)
    except ValueError as error:
        raise invalid("cursor", str(error)) from error
    return AttentionPage(items=[_view(waiting) for waiting in page.items], next=page.next_cursor)


def _view(waiting: Waiting) -> AttentionView:
    return AttentionView(
        tenant_id=waiting.tenant_id,
        slug=waiting.slug,
        operation_id=waiting.operation_id,
        kind=waiting.kind,
        condition=waiting.condition,
        **dict(waiting.stop),
    )
