"""The key by which a program uses the API: it bears its own public id, so that one is found without a search.

What proves anything are 256 random bits; that much cannot be guessed from a fast hash.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX = "tnk_"
"""Told apart at a glance, and found by whoever searches for secrets that leaked."""
KEY_ID_PATTERN = "^[a-z0-9]{12}$"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_FORM = re.compile(rf"{PREFIX}({KEY_ID_PATTERN.strip('^$')})_[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True)
class MintedKey:
    id: str
    """Not secret: names the key in lists and in what was done with it."""
    text: str
    """Shown once."""
    digest: bytes
    """What may be stored."""


def mint(wish: str) -> MintedKey:
    """A key with an id that is always the same for the same wish, so that asking twice makes one."""
    number = int.from_bytes(hashlib.sha256(wish.encode()).digest())
    key_id = "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(12))
    text = f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
    return MintedKey(key_id, text, _digest(text))


def id_of(text: str) -> str | None:
    """Which key this says it is, which proves nothing; None for what is no key."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None


def is_of(text: str, stored: bytes) -> bool:
    """Takes the same time whatever the answer."""
    return hmac.compare_digest(_digest(text), stored)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
