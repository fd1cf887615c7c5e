"""Usage as it is answered."""

from pydantic import BaseModel, Field

from domain.metering.refusals import RefusalCode


class RefusedEvent(BaseModel):
    index: int = Field(description="Its place in the batch, from 0.")
    source: str | None
    id: str | None
    code: RefusalCode = Field(description="For programs; never changes.")
    reason: str = Field(description="What is wrong, and what would be right.")


class TakenUsage(BaseModel):
    inserted: int = Field(description="Events that are counted from now on.")
    duplicates: int = Field(description="Events that were stored before, the same: nothing happens.")
    refused: list[RefusedEvent] = Field(description="Events that are not stored; no other is affected.")
