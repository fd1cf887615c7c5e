"""What is given to a tenant by hand, and what is wrong with it."""

from datetime import datetime
from decimal import Decimal

from domain.billing.money import Currency
from domain.billing.words import price_text

MOST = Decimal(10_000_000)
"""In major units: more is a slip of the keyboard."""


def amount_problem(amount: Decimal, currency: Currency) -> str | None:
    if amount <= 0:
        return "must be above 0"
    if amount > MOST:
        return f"must be at most {price_text(MOST, currency)}"
    if amount != round(amount, currency.exponent):
        return f"{currency.code} has {currency.exponent} decimals"
    return None


def span_problem(begin: datetime, end: datetime | None, now: datetime) -> tuple[str, str] | None:
    """The field that is wrong, and why: what was billed already is not made cheaper by what is agreed now."""
    if begin < now:
        return "from", "lies in the past; leave it out to begin now"
    if end is not None and end <= begin:
        return "to", "must be after 'from'"
    return None
