"""The token by which a tenant's instance proves whose usage it sends.

It names its tenant, so that its hash is found without a search; what proves anything are 256 random bits.
That much cannot be guessed from a fast hash, so that none that is slow on purpose stands before the events.
"""

import hashlib
import hmac
import re
import secrets

from domain.naming import TENANT_ID_PATTERN

PREFIX = "tnu_"
"""Told apart at a glance, and found by whoever searches for secrets that leaked."""
RANDOM_BYTES = 32
_FORM = re.compile(rf"{PREFIX}({TENANT_ID_PATTERN.strip('^$')})_[A-Za-z0-9_-]{{43}}")


def mint(tenant_id: str) -> str:
    return f"{PREFIX}{tenant_id}_{secrets.token_urlsafe(RANDOM_BYTES)}"


def tenant_of(token: str) -> str | None:
    """The tenant that a token says it is of, which proves nothing; None for what is no token."""
    found = _FORM.fullmatch(token)
    return found[1] if found else None


def digest(token: str) -> bytes:
    """What may be stored."""
    return hashlib.sha256(token.encode()).digest()


def is_of(token: str, stored: bytes) -> bool:
    """Takes the same time whatever the answer."""
    return hmac.compare_digest(digest(token), stored)
