"""Secrets that pass through others: sealed for one key, so that only its owner can open them.

HPKE (RFC 9180) in its base mode, as the cryptography package has it.
"""

from base64 import b64decode, b64encode
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class SealBroken(Exception):
    """It was sealed for another key or purpose, or was changed on its way."""


def public_key_problem(public_key: str) -> str | None:
    """What is wrong with it, in words; None if secrets can be sealed for it."""
    try:
        X25519PublicKey.from_public_bytes(b64decode(public_key, validate=True))
    except ValueError:
        return "is no X25519 public key: 32 bytes in base64"
    return None


def seal(secret: str, public_key: str, purpose: str) -> str:
    """In base64. `purpose` is what it has to be opened for, too."""
    receiver = X25519PublicKey.from_public_bytes(b64decode(public_key))
    return b64encode(_SUITE.encrypt(secret.encode(), receiver, info=purpose.encode())).decode()


class Receiver:
    """A key pair for one answer; its private half leaves this process never."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def new(cls) -> Self:
        return cls(X25519PrivateKey.generate())

    @property
    def public_key(self) -> str:
        return b64encode(self._private.public_key().public_bytes_raw()).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """Raises SealBroken."""
        try:
            secret: bytes = _SUITE.decrypt(b64decode(sealed), self._private, info=purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken("the sealed answer cannot be opened") from error
        return secret.decode()
