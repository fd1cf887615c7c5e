"""Invoices under finance's eyes: rated again, and explained line by line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.docs import READS, errors
from api.guard import GuardedRouter
from api.paths import InvoiceName
from api.problems import ApiProblem
from api.services import Served
from domain.billing.explanation import Explanation
from domain.billing.replays import Replay
from store.billing.explaining import NoSuchLine, explain
from store.usage_read import UsageGone

router = GuardedRouter(prefix="/v1/invoices", tags=["billing"])


class Replaying(BaseModel):
    model_config = ConfigDict(extra="forbid")

    latest: bool = Field(
        default=False, description="Also what all that is known now would correct, under `to_come`."
    )


class Explaining(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str = Field(
        max_length=300,
        description="Of one of the invoice's lines.",
        examples=["fee/2026-03-01T00:00:00Z/charge"],
    )


@router.get(
    "/{name}/replay",
    summary="Rate an invoice again",
    responses=errors("InvoiceNotFound", "UsageGone", "InvalidSpec", *READS),
)
async def replay(services: Served, name: InvoiceName, replaying: Annotated[Replaying, Query()]) -> Replay:
    """Rates its closing from single events, by what was known then, and compares the lines with those that
    were issued: there must be no difference. A draft has nothing to be compared with, and is not found."""
    with _billing_errors():
        found = await services.query(lambda _: services.replayer.replay(name, latest=replaying.latest))
    if found is None:
        raise ApiProblem("InvoiceNotFound")
    return found


@router.get(
    "/{name}/explanation",
    summary="Explain a line",
    responses=errors("InvoiceNotFound", "LineNotFound", "UsageGone", "InvalidSpec", *READS),
)
async def explanation(
    services: Served, name: InvoiceName, wanted: Annotated[Explaining, Query()]
) -> Explanation:
    """Segments, what was measured, the terms of the price version, the formula, and what is booked under the
    key; of a correction what was owed and what is owed now."""
    with _billing_errors():
        found = await services.query(explain, services.replayer, name, wanted.key)
    if found is None:
        raise ApiProblem("InvoiceNotFound")
    return found


@contextmanager
def _billing_errors() -> Iterator[None]:
    """Raises ApiProblem."""
    try:
        yield
    except NoSuchLine as error:
        raise ApiProblem("LineNotFound") from error
    except UsageGone as error:
        raise ApiProblem("UsageGone") from error
