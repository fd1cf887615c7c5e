"""What our own bearer tokens have in common: a prefix, whose they are, and 256 random bits.

They name their owner, so that a hash is found without a search. That many bits cannot be guessed from a fast
hash, so none that is slow on purpose stands before each request.
"""

import hashlib
import hmac
import re
import secrets

_RANDOM_BYTES = 32


def minted(prefix: str, owner: str) -> str:
    return f"{prefix}{owner}_{secrets.token_urlsafe(_RANDOM_BYTES)}"


def form(prefix: str, owners: str) -> re.Pattern[str]:
    """Its first group is the owner; `owners` is the pattern of all that there may be."""
    return re.compile(rf"{prefix}({owners.strip('^$')})_[A-Za-z0-9_-]{{43}}")


def digest(token: str) -> bytes:
    """What may be stored."""
    return hashlib.sha256(token.encode()).digest()


def is_of(token: str, stored: bytes) -> bool:
    """Takes the same time whatever the answer."""
    return hmac.compare_digest(digest(token), stored)
