"""Closing runs over HTTP."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from api.schemas import Moment, Request
from domain.messages import CloseResult


class ClosingState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class NewClosing(Request):
    as_of: Moment | None = Field(default=None, description="Closes what has ended by then; absent, by now.")


class AcceptedClosing(BaseModel):
    id: str = Field(examples=["cl0f3a5c7e9b1d2f4a6c8e"])


class NotClosed(BaseModel):
    slug: str
    tenant_id: str
    reason: str


class NotHandedOn(BaseModel):
    number: str
    tenant_id: str
    reason: str


class ClosingView(BaseModel):
    id: str
    state: ClosingState
    as_of: datetime | None = Field(description="As it was asked for; null is the moment of its beginning.")
    began_at: datetime
    ended_at: datetime | None
    progress: str = Field(default="", description="Of one that runs, in words.")
    result: CloseResult | None = Field(default=None, description="Of one that is done: what it counted.")
    error: str = Field(default="", description="Of one that failed.")
    not_closed: list[NotClosed] = Field(
        default=[],
        description="Of one in which tenants failed: those that the last run until now could not close, "
        "with why; at most 100.",
    )
    not_handed_on: list[NotHandedOn] = Field(
        default=[],
        description="Of one in which invoices were not handed on: those that the sink has not taken until "
        "now, with why; at most 100.",
    )
