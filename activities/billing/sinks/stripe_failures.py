"""What Stripe's client raises, in terms of domain/errors.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import stripe

from domain.errors import AccessDenied, InvalidSpec, TenantryError, Throttled, Unavailable

CONFLICT, TOO_MANY = 409, 429


@contextmanager
def stripe_errors(doing: str) -> Iterator[None]:
    """Raises a domain error in place of Stripe's, with Stripe's own message and no key in it."""
    try:
        yield
    except stripe.APIConnectionError as error:
        raise Unavailable(f"Stripe: {doing}: cannot be reached, or the answer was lost") from error
    except stripe.StripeError as error:
        raise refusal(error, doing) from error


def refusal(error: stripe.StripeError, doing: str) -> TenantryError:
    """The domain error for one answer."""
    status = error.http_status
    text = f"Stripe: {doing}: {error.user_message or status}"
    if status == TOO_MANY:
        return Throttled(text, retry_after=_delay(error))
    if isinstance(error, stripe.AuthenticationError):
        return AccessDenied(f"Stripe: {doing}: the API key is refused")
    if isinstance(error, stripe.PermissionError):
        return AccessDenied(text)
    # 409: another call with the same idempotency key is under way.
    if status is None or status == CONFLICT or not 400 <= status < 500:
        return Unavailable(text, retry_after=_delay(error))
    return InvalidSpec(text)


def _delay(error: stripe.StripeError) -> timedelta | None:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    asked = headers.get("retry-after", "")
    return timedelta(seconds=int(asked)) if asked.isdigit() else None
