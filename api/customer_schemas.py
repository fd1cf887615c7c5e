"""Customers as they come in over HTTP."""

from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, model_validator

from api.schemas import CustomerName, Request, TimeZone

LONGEST_EMAIL = 254


def _email(text: str) -> str:
    """As it is stored: the domain in small letters. Nobody is asked whether it exists. Raises ValueError."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"must be an address such as billing@acme.example: {error}") from error


Email = Annotated[
    str,
    Field(
        min_length=3,
        max_length=LONGEST_EMAIL,
        json_schema_extra={"format": "email"},
        description="Of who pays; stands on invoices that are made final from now on.",
        examples=["billing@acme.example"],
    ),
    AfterValidator(_email),
]
CustomerZone = Annotated[
    TimeZone, Field(description="Of the billing periods of tenants that sign up from now on and name none.")
]


class NewCustomer(Request):
    name: CustomerName
    email: Email | None = None
    time_zone: CustomerZone | None = None


def _no_default(schema: dict[str, Any]) -> None:
    """A client that filled it in would remove what it meant to keep."""
    del schema["default"]


class CustomerChange(Request):
    """What changes; what is left out stays, and null removes."""

    name: CustomerName = Field(default="", json_schema_extra=_no_default)
    email: Email | None = Field(default=None, json_schema_extra=_no_default)
    time_zone: CustomerZone | None = Field(default=None, json_schema_extra=_no_default)

    @model_validator(mode="after")
    def _says_something(self) -> "CustomerChange":
        if not self.model_fields_set:
            raise ValueError("name at least one of name, email and time_zone")
        return self
