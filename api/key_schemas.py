"""Keys of the API, as they are asked for and shown."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.schemas import Moment, Request, printable
from domain.access import Role, role_problem
from domain.naming import CUSTOMER_ID_PATTERN
from store.tables import ApiKeyRow

KeysRole = Literal["customer", "billing", "support", "finance", "operator", "admin"]
"""All but instance, whose keys are usage tokens."""


class NewKey(Request):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "shop", "roles": ["billing"], "expires_at": None}]}
    )

    name: Annotated[str, AfterValidator(printable), Field(min_length=1, max_length=100, examples=["shop"])]
    """For people, to tell it from others."""
    roles: list[KeysRole] = Field(min_length=1, max_length=len(Role))
    customer_id: Annotated[str, Field(pattern=CUSTOMER_ID_PATTERN)] | None = Field(
        default=None, description="Whose tenants a key with the role customer is for."
    )
    expires_at: Moment | None = Field(default=None, description="Absent: it lasts until it is revoked.")

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if problem := role_problem(frozenset(map(Role, self.roles)), self.customer_id):
            raise ValueError(problem)
        return self


class KeyView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    roles: list[Role]
    customer_id: str | None
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")

    @classmethod
    def of(cls, row: ApiKeyRow) -> Self:
        return cls.model_validate(row, from_attributes=True)


class MadeKey(KeyView):
    key: str = Field(description="Shown here and never again.")


class KeyPage(BaseModel):
    items: list[KeyView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class Me(BaseModel):
    subject: str = Field(description="How changes name who made them.", examples=["key:k3v9x2m4q8w1"])
    roles: list[Role]
    customer_id: str | None = Field(description="The only customer whose things you see.")
