"""Secrets of webhook endpoints, made anew from a key whenever they are needed: none is stored.

The file holds keys in base64, one a line, each of 32 bytes at least. The first one makes secrets from now on;
the others still make those that were made with them.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
PREFIX = "whsec_"


class WrongSigningKeys(ValueError):
    """The file holds no such keys; the message says why, and nothing of a key."""


class UnknownSigningKey(LookupError):
    """A secret was made with a key that this process does not have."""


@dataclass(frozen=True)
class SigningKeys:
    newest: str
    """Id of the key that makes new secrets."""
    _keys: Mapping[str, bytes] = field(repr=False)

    def secret(self, key_id: str, endpoint: str, generation: int) -> str:
        """The same for the same key, endpoint and generation. Raises UnknownSigningKey."""
        if key_id not in self._keys:
            raise UnknownSigningKey(
                f"no signing key '{key_id}': a key stays while secrets made with it are used"
            )
        made = _derived(self._keys[key_id], f"tenantry webhook {endpoint} {generation}")
        return PREFIX + base64.b64encode(made).decode()


def read_signing_keys(file: Path) -> SigningKeys:
    """Raises WrongSigningKeys."""
    try:
        lines = file.read_text(encoding="ascii").split()
    except OSError as error:
        raise WrongSigningKeys(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongSigningKeys(f"{file}: is not base64") from None
    keys = [_key(file, number, line) for number, line in enumerate(lines, 1)]
    if not keys:
        raise WrongSigningKeys(f"{file}: holds no key; make one with `openssl rand -base64 32`")
    by_id = {_id(key): key for key in keys}
    return SigningKeys(_id(keys[0]), by_id)


def _key(file: Path, number: int, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise WrongSigningKeys(f"{file}: key {number} is not base64") from None
    if len(key) < KEY_BYTES:
        raise WrongSigningKeys(f"{file}: key {number} must have {KEY_BYTES} bytes at least, not {len(key)}")
    return key


def _id(key: bytes) -> str:
    """Tells keys apart and says nothing about them."""
    return _derived(key, "tenantry webhook key id")[:6].hex()


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)
