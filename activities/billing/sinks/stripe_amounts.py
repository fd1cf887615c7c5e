"""Minor units as Stripe counts them, which for a few currencies is not as ISO 4217 does."""

from domain.billing.money import Currency
from domain.errors import InvalidSpec

DECIMALS = {"ISK": 2, "MGA": 0, "UGX": 2}


def stripe_amount(minor: int, currency: Currency) -> int:
    """Raises InvalidSpec for an amount that is not a whole number there."""
    decimals = DECIMALS.get(currency.code, currency.exponent)
    if decimals >= currency.exponent:
        return minor * int(10 ** (decimals - currency.exponent))
    amount, rest = divmod(minor, int(10 ** (currency.exponent - decimals)))
    if rest:
        raise InvalidSpec(
            f"Stripe: {currency.code} has {decimals} decimals there; {minor} minor units have more"
        )
    return amount
