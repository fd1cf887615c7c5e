"""Numbers, money and times as invoices show them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from domain.billing.money import Currency, Exact, round_half_away
from domain.billing.spans import Span

SHOWN_DECIMALS = 12
MICROS_A_SECOND = 1_000_000
DAY = timedelta(days=1)
MICROS_A_DAY = DAY // timedelta(microseconds=1)


def number_text(number: Exact | Decimal | int) -> str:
    """As short as it goes; what has no end is rounded to 12 decimals."""
    scaled = round_half_away(Fraction(number) * 10**SHOWN_DECIMALS)
    digits = str(abs(scaled)).rjust(SHOWN_DECIMALS + 1, "0")
    whole, decimals = digits[:-SHOWN_DECIMALS], digits[-SHOWN_DECIMALS:].rstrip("0")
    return ("-" if scaled < 0 else "") + whole + ("." + decimals if decimals else "")


def price_text(amount: Decimal, currency: Currency) -> str:
    """A price as `€100.00`, with more decimals than the currency has if it was written with more."""
    whole, _, decimals = number_text(abs(amount)).partition(".")
    decimals = decimals.ljust(currency.exponent, "0")
    blank = " " if currency.sign[-1:].isalpha() else ""
    number = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    return ("-" if amount < 0 else "") + currency.sign + blank + number


def minor_text(minor: int, currency: Currency) -> str:
    """Minor units as `€100.00`."""
    return price_text(Decimal(minor).scaleb(-currency.exponent), currency)


def instant_text(instant: datetime) -> str:
    """ISO 8601 in UTC with Z; fractions of a second only where there are some."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def part_text(micros: int, whole: int) -> str:
    """A part of a period in days if both are whole days, else in seconds."""
    if micros % MICROS_A_DAY == 0 and whole % MICROS_A_DAY == 0:
        return f"{micros // MICROS_A_DAY} of {whole // MICROS_A_DAY} days"
    parts = (number_text(Fraction(length, MICROS_A_SECOND)) for length in (micros, whole))
    return f"{' of '.join(parts)} seconds"


def share_text(spans: tuple[Span, ...], period: Span) -> str | None:
    """The part of a period that spans make up; None for all of it."""
    covered = sum(span.micros for span in spans)
    return None if covered == period.micros else part_text(covered, period.micros)
