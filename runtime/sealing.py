"""Payloads as Temporal keeps them: sealed with AES-GCM, so that its database and its operators read nothing.

The metadata are those that Temporal's own examples use: tools that know one codec know this one.
"""

import os
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from runtime.key_ring import KeyRing

ENCODING = b"binary/encrypted"
CIPHER = b"AES-256-GCM"
NONCE_BYTES = 12


class BrokenSeal(ValueError):
    """A payload is not what was sealed: it was changed, or sealed with another key of the same id."""


class Sealing(PayloadCodec):
    """Payloads from before there were keys are read as they are."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return self.seal(list(payloads))

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Raises UnknownKey, BrokenSeal."""
        return self.unseal(list(payloads))

    def seal(self, payloads: Sequence[Payload]) -> list[Payload]:
        key_id = self._keys.writes
        return list(payloads) if key_id is None else [self._sealed(one, key_id) for one in payloads]

    def unseal(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises UnknownKey, BrokenSeal."""
        return [self._unsealed(one) if is_sealed(one) else one for one in payloads]

    def _sealed(self, payload: Payload, key_id: str) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._keys.cipher(key_id)
        text = cipher.encrypt(nonce, payload.SerializeToString(), key_id.encode())
        metadata = {"encoding": ENCODING, "encryption-cipher": CIPHER, "encryption-key-id": key_id.encode()}
        return Payload(metadata=metadata, data=nonce + text)

    def _unsealed(self, payload: Payload) -> Payload:
        key_id = payload.metadata.get("encryption-key-id", b"")
        nonce, text = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        cipher = self._keys.cipher(key_id.decode(errors="replace"))
        try:
            return Payload.FromString(cipher.decrypt(nonce, text, key_id))
        except (InvalidTag, ValueError):
            raise BrokenSeal(
                f"a payload sealed with key '{key_id.decode(errors='replace')}' is broken"
            ) from None


def is_sealed(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == ENCODING
