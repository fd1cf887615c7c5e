"""Usage as it is asked for and answered. Quantities are decimals in texts: a JSON number may lose digits."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.schemas import TenantId
from domain.billing.prices import Aggregate
from domain.billing.statements import Statement
from domain.metering.charts import instant_of
from domain.metering.refusals import RefusalCode
from domain.metering.steps import Step

MOST_METERS = 50


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


Instant = Annotated[datetime, BeforeValidator(instant_of, json_schema_input_type=date | datetime)]


class Charted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: TenantId | None = Field(
        default=None, description="Picks one of several tenants that had this slug one after the other."
    )
    meter: list[Annotated[str, Field(max_length=63)]] = Field(
        default=[], max_length=MOST_METERS, description="Repeatable; all if absent."
    )
    from_: Instant | None = Field(
        default=None,
        alias="from",
        description="A day or an instant, taken back to the begin of its step in UTC; "
        "else 2 days, 30 days or a year ago, by the step, and not before the tenant came.",
        examples=["2026-01-01"],
    )
    to: Instant | None = Field(
        default=None,
        description="A day or an instant, which is outside; the step that it cuts is shown whole, up to now.",
        examples=["2026-02-01"],
    )
    step: Literal[Step.HOUR, Step.DAY, Step.MONTH] = Field(default=Step.DAY, description="In UTC.")
    groups: bool = Field(default=False, description="Whether usage is also told for each group of a meter.")
    forecast: bool = Field(
        default=True, description="false leaves `current` and `forecast` null, for charts alone."
    )


class Spanned(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    from_: datetime = Field(alias="from")
    to: datetime = Field(description="Outside.")


class UsagePoint(Spanned):
    value: str = Field(examples=["120.5"])


class Line(BaseModel):
    value: str = Field(
        description="Of the whole span: not always the sum of the points, as who comes twice counts once.",
        examples=["120.5"],
    )
    points: list[UsagePoint]


class GroupUsage(Line):
    group: dict[str, str] = Field(examples=[{"kind": "servers"}])


class MeterUsage(Line):
    meter: str = Field(examples=["protected_resources"])
    title: str
    aggregate: Aggregate
    groups: list[GroupUsage]


class TenantUsage(Spanned):
    tenant_id: str
    slug: str
    step: Step
    meters: list[MeterUsage]
    current: Statement | None = Field(
        description="What the next invoice comes to if nothing more is used; null while nothing is billed."
    )
    forecast: Statement | None = Field(
        description="The same if usage goes on as it did; `assumes` says what that means."
    )
