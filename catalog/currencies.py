"""Currencies: decimals as ISO 4217 has them, signs as people write them (CLDR)."""

from functools import cache

from babel.numbers import get_currency_symbol
from iso4217 import Currency as Iso4217

from domain.billing.money import Currency


class UnknownCurrency(LookupError):
    """No currency that can be charged in has this code."""


@cache
def currency_of(code: str) -> Currency:
    """Raises UnknownCurrency. CLDR is not asked for decimals: it says how many are shown, for RSD 0 of 2."""
    try:
        exponent = Iso4217(code).exponent if code.isupper() else None
    except ValueError:
        exponent = None
    if exponent is None:
        raise UnknownCurrency(f"'{code}' is not a currency of ISO 4217 that amounts can be charged in")
    return Currency(code, exponent, get_currency_symbol(code, locale="en"))
