"""A scenario file's sections, field by field, as people write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from catalog.currencies import UnknownCurrency, currency_of
from domain.billing.money import Currency
from domain.billing.prices import Amount, Number, Percent
from domain.metering.readings import is_unstorable
from domain.plans import Model

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
YEARS = range(1970, 2200)
"""Beyond these, time zones are guesses."""
LOOKS_LIKE_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
ACTIONS = ("suspend", "resume", "end", "restore")


def instant(value: object) -> datetime:
    """An instant in UTC from ISO 8601 text with Z or an offset. Raises ValueError."""
    if isinstance(value, str) and "T" in value:
        try:
            read = datetime.fromisoformat(value)
        except ValueError as error:
            if LOOKS_LIKE_INSTANT.match(value):
                raise ValueError(f"there is no such instant: {error}") from None
            read = None
        if read and read.tzinfo:
            if read.year not in YEARS:
                raise ValueError(f"write an instant of the years {YEARS[0]} to {YEARS[-1]}")
            return read.astimezone(UTC)
    raise ValueError('write an instant with Z or an offset, such as "2024-01-31T00:00:00Z"')


def whole(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    raise ValueError("write a whole number, from 0 to 999999999")


def duration(value: object) -> timedelta:
    if value == "0":
        return timedelta()
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write a number with s, m, h or d, such as 12h")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def zone(value: object) -> ZoneInfo:
    if not isinstance(value, str):
        raise ValueError("write the name of a time zone, such as Europe/Paris")  # noqa: TRY004 - pydantic's
    try:
        return ZoneInfo(value)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError(f"'{value}' is not a time zone, such as Europe/Paris") from error


def known_currency(value: object) -> Currency:
    if not isinstance(value, str):
        raise ValueError("write a currency's code, such as EUR")  # noqa: TRY004 - pydantic's
    try:
        return currency_of(value)
    except UnknownCurrency as error:
        raise ValueError(str(error)) from error


def hourly_or_list(value: object) -> object:
    if value == "hourly":
        return None
    if isinstance(value, list):
        return value
    raise ValueError("write hourly, or a list of instants")


def printable(text: str) -> str:
    if is_unstorable(text):
        raise ValueError("must hold no control characters")
    return text


Instant = Annotated[datetime, BeforeValidator(instant)]
Whole = Annotated[int, BeforeValidator(whole)]
Printable = Annotated[str, AfterValidator(printable)]
Text = Annotated[Printable, Field(min_length=1)]


class HeadForm(Model):
    """What is neither a list nor a mapping of names."""

    timezone: Annotated[ZoneInfo, BeforeValidator(zone)] = ZoneInfo("UTC")
    currency: Annotated[Currency, BeforeValidator(known_currency)]
    grace: Annotated[timedelta, BeforeValidator(duration)] = timedelta(hours=12)
    runs: Annotated[tuple[Instant, ...] | None, BeforeValidator(hourly_or_list)] = None
    as_of: Instant


class SubscriptionForm(Model):
    plan: Text
    quantity: Whole = 1
    start: Instant


class ChangeForm(Model):
    at: Instant
    plan: Text | None = None
    quantity: Whole | None = None
    suspend: Literal[True] | None = None
    resume: Literal[True] | None = None
    end: Literal[True] | None = None
    restore: Literal[True] | None = None

    @property
    def action(self) -> str | None:
        return next((name for name in ACTIONS if getattr(self, name)), None)

    @model_validator(mode="after")
    def _something(self) -> "ChangeForm":
        actions = [name for name in ACTIONS if getattr(self, name)]
        if len(actions) > 1:
            raise ValueError(f"{' and '.join(actions)} exclude each other")
        if not actions and self.plan is None and self.quantity is None:
            raise ValueError(f"name what changes: plan, quantity, {', '.join(ACTIONS)}")
        return self


class OneOffForm(Model):
    at: Instant
    amount: Amount
    reason: Text = "no reason given"


class DiscountForm(Model):
    begin: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant | None, Field(alias="to")] = None
    percent: Percent

    @field_validator("end")
    @classmethod
    def _forwards(cls, end: datetime | None, others: ValidationInfo) -> datetime | None:
        begin = others.data.get("begin")
        if end is not None and begin is not None and end <= begin:
            raise ValueError("must be after from")
        return end


class UsageForm(Model):
    id: Text
    source: Printable = ""
    meter: Text
    at: Instant
    value: Number | None = None
    key: Text | None = None
    received: Instant | None = None
