"""Keys that payloads are sealed with: one that writes, and all that read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.ring_file import HeldKey, RingFile, WrongKeyRing

KEY_BYTES = 32
Unwrap = Callable[[str, bytes], bytes]
"""What KMS makes of a key's id and its encrypted bytes: the key. Called once for each, at the start."""


class UnknownKey(LookupError):
    """A payload was sealed with a key that this process does not have."""


@dataclass(frozen=True)
class KeyRing:
    writes: str | None
    """None seals nothing yet."""
    _keys: Mapping[str, AESGCM]

    def cipher(self, key_id: str) -> AESGCM:
        """Raises UnknownKey."""
        try:
            return self._keys[key_id]
        except KeyError:
            known = ", ".join(sorted(self._keys))
            raise UnknownKey(
                f"no key '{key_id[:64]}' in the key ring, which has {known}: a key stays while there is "
                "anything that was sealed with it"
            ) from None


def read_key_ring(file: Path, unwrap: Unwrap) -> KeyRing:
    """Raises WrongKeyRing."""
    told = RingFile.read(file)
    try:
        keys = {name: AESGCM(_opened(name, held, unwrap)) for name, held in told.keys.items()}
    except WrongKeyRing as error:
        raise WrongKeyRing(f"{file}: {error}") from None
    return KeyRing(told.writes, keys)


def _opened(name: str, held: HeldKey, unwrap: Unwrap) -> bytes:
    key = unwrap(name, held.content) if held.kind == "kms" else held.content
    if len(key) != KEY_BYTES:
        raise WrongKeyRing(f"keys.{name}: must be {KEY_BYTES} bytes, not {len(key)}")
    return key
