"""The key by which a program uses the API."""

from dataclasses import dataclass

from domain import bearer
from domain.naming import derived

PREFIX = "tnk_"
"""Told apart at a glance, and found by whoever searches for secrets that leaked."""
KEY_ID_PATTERN = "^[a-z0-9]{12}$"
_FORM = bearer.form(PREFIX, KEY_ID_PATTERN)


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
    key_id = derived(12, wish)
    text = bearer.minted(PREFIX, key_id)
    return MintedKey(key_id, text, bearer.digest(text))


def id_of(text: str) -> str | None:
    """Which key this says it is, which proves nothing; None for what is no key."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None
