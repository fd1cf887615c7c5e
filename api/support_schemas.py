"""Support access, as it is asked for and shown."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.schemas import Filter, Paging, Request, printable
from domain.messages.access import SealedCredentials
from domain.support import LONGEST_SECONDS, SHORTEST_SECONDS, AccessState
from runtime.sealed_box import public_key_problem
from store.tables import AccessGrantRow


def _public_key(text: str) -> str:
    if problem := public_key_problem(text):
        raise ValueError(problem)
    return text


class NewAccess(Request):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "ticket 4711", "seconds": 3600, "mode": "read"}]}
    )

    reason: Annotated[str, AfterValidator(printable), Field(min_length=1, max_length=500)] = Field(
        description="Why; the customer sees it."
    )
    seconds: int = Field(
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="How long it lasts, counted from its approval: 15 minutes to 8 hours.",
    )
    mode: Literal["read", "write"] = "read"


class WantedCredentials(Request):
    public_key: Annotated[str, AfterValidator(_public_key), Field(min_length=44, max_length=60)] = Field(
        description="X25519, 32 bytes in base64. Make a key pair for each request and keep its private half.",
        examples=["L5sS5vcCf0ydPqKkhcRqvlmYBQyl0uT8dYQXJ5Vw4zs="],
    )

    provider: Literal["kubernetes", "aws"] = Field(
        default="kubernetes",
        description="A token for the tenant's namespace in its cluster, or a session in AWS.",
    )


class AccessView(BaseModel):
    id: str = Field(examples=["ag5f0c2a9be1d47a63b8"])
    slug: str
    tenant_id: str
    state: AccessState
    mode: Literal["read", "write"]
    reason: str
    seconds: int
    approval: Literal["second_person", "customer"] = Field(description="Who has to agree.")
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ends_at: datetime | None = Field(description="When every credential of it is dead, whatever happens.")
    ended_at: datetime | None
    ended_by: str | None
    detail: str = Field(description="Why it ended, or what of it is left.")

    @classmethod
    def of(cls, row: AccessGrantRow, slug: str) -> "AccessView":
        return cls.model_validate({**row.model_dump(), "slug": slug})


class AccessPage(BaseModel):
    items: list[AccessView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class Credentials(BaseModel):
    """Sealed for the public key: kept by nobody, and opened by its private half alone."""

    kubernetes: SealedCredentials | None = Field(description="A token, where that was asked for.")
    aws: SealedCredentials | None = Field(description="A session of STS, where that was asked for.")


class AccessListing(Paging):
    state: Filter[AccessState] | None = Field(default=None, description="Only access in these states.")
