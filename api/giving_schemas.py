"""What is given by hand: as it comes in, and as it was recorded."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.schemas import Moment, Request, printable
from domain.billing.facts import DiscountFact, OneOffFact
from domain.billing.money import Currency
from domain.billing.prices import DECIMAL
from domain.billing.words import number_text


def _decimal_text(value: object) -> Decimal:
    """Only a text says how many decimals are meant; a JSON number may have been a float on its way."""
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError('write a decimal number as text, such as "12.50"')


_Written = Annotated[str, Field(pattern=f"^{DECIMAL.pattern}$", max_length=50)]
DecimalText = Annotated[
    Decimal,
    BeforeValidator(_decimal_text, json_schema_input_type=_Written),
    Field(examples=["12.50"]),
]
Reason = Annotated[
    str,
    AfterValidator(printable),
    Field(min_length=1, max_length=200, description="Stands on the invoice.", examples=["outage of March 3"]),
]


class OneOff(Request):
    amount: DecimalText = Field(description="In major units of the tenant's currency, above 0.")
    reason: Reason


class Discount(Request):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    percent: Annotated[DecimalText, Field(gt=0, le=100, examples=["10"])]
    begin: Moment | None = Field(default=None, alias="from", description="Absent: now.")
    end: Moment | None = Field(default=None, alias="to", description="Absent: until something ends it.")
    reason: Reason


class OneOffView(BaseModel):
    id: str = Field(examples=["credit.1"], description="Begins the key of its line.")
    at: datetime = Field(description="It is on the first closing that is not before.")
    amount: str
    currency: str
    reason: str
    given_by: str

    @classmethod
    def of(cls, fact: OneOffFact, currency: Currency) -> "OneOffView":
        return cls(
            id=fact.id,
            at=fact.at,
            amount=f"{fact.amount:.{currency.exponent}f}",
            currency=currency.code,
            reason=fact.reason,
            given_by=fact.given_by,
        )


class DiscountView(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    percent: str
    begin: datetime = Field(alias="from")
    end: datetime | None = Field(alias="to")
    reason: str
    given_by: str

    @classmethod
    def of(cls, fact: DiscountFact) -> "DiscountView":
        return cls(
            percent=number_text(fact.percent),
            begin=fact.begin,
            end=fact.end,
            reason=fact.reason,
            given_by=fact.given_by,
        )
