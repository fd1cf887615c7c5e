"""The file that holds a ring of keys, in YAML, or JSON, which is YAML, too:

writes: "2027"
keys:
  "2027": {kms: AQIDAHh...}   # 32 bytes that AWS KMS has encrypted, in base64
  "2026": {key: Zm9vYm...}    # 32 bytes themselves, in base64
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import yaml

KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class WrongKeyRing(ValueError):
    """There is no key ring to be had; the message says why, and nothing of a key."""


@dataclass(frozen=True)
class HeldKey:
    kind: Literal["key", "kms"]
    content: bytes


@dataclass(frozen=True)
class RingFile:
    """What the file says, before KMS is asked."""

    writes: str | None
    """None seals nothing yet: a first key is read everywhere before one process writes with it."""
    keys: Mapping[str, HeldKey]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises WrongKeyRing."""
        try:
            told = yaml.safe_load(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise WrongKeyRing(f"{file}: cannot be read: {error.strerror}") from None
        except (yaml.YAMLError, UnicodeDecodeError):
            # What the parser says quotes the line, and that may be a key.
            raise WrongKeyRing(f"{file}: is not YAML") from None
        try:
            return cls._told(told)
        except WrongKeyRing as error:
            raise WrongKeyRing(f"{file}: {error}") from None

    @classmethod
    def _told(cls, told: Any) -> Self:
        if (
            not isinstance(told, dict)
            or told.keys() != {"writes", "keys"}
            or not isinstance(told["keys"], dict)
        ):
            raise WrongKeyRing("must hold 'writes', the id of a key, and 'keys', by id")
        for key_id in told["keys"]:
            if not isinstance(key_id, str) or not KEY_ID.fullmatch(key_id):
                raise WrongKeyRing("ids of keys are text of letters, digits, '.', '_' and '-', in quotes")
        if told["writes"] is not None and told["writes"] not in list(told["keys"]):
            raise WrongKeyRing("writes: must be the id of one of the keys, or null, which seals nothing yet")
        return cls(told["writes"], {name: _held(name, one) for name, one in told["keys"].items()})

    def text(self) -> str:
        keys = {
            name: {held.kind: base64.b64encode(held.content).decode()} for name, held in self.keys.items()
        }
        return yaml.safe_dump({"writes": self.writes, "keys": keys}, sort_keys=False, width=10_000)


def _held(name: str, told: Any) -> HeldKey:
    if not isinstance(told, dict) or len(told) != 1:
        raise WrongKeyRing(f"keys.{name}: must hold either 'key' or 'kms'")
    match next(iter(told.items())):
        case ("key" | "kms" as kind, str(text)):
            try:
                return HeldKey(kind, base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                raise WrongKeyRing(f"keys.{name}.{kind}: is not base64") from None
    raise WrongKeyRing(f"keys.{name}: must hold either 'key' or 'kms'")
