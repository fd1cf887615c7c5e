"""Who may have payloads unsealed: names, hashes of their tokens, and until when.

    tokens:
      ann: {sha256: 9f86d0..., until: 2027-03-01}

The file is looked at with each request, so that a token which is taken out of it opens nothing more.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from codec.files import changing, write_whole

PREFIX = "tcodec_"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")


class WrongTokens(ValueError):
    """There are no tokens to be had; the message says why."""


@dataclass(frozen=True)
class Holder:
    name: str
    until: date
    """The last day, in UTC, on which the token opens anything."""


class Tokens:
    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        """Raises WrongTokens."""
        self._file = file
        self._now = now
        self._seen = _stamp(file), _read(file)

    def holder(self, token: str) -> str | None:
        """Whose token it is. Raises WrongTokens when the file has become unreadable."""
        (seen, holders), stamp = self._seen, _stamp(self._file)
        if stamp != seen:
            holders = _read(self._file)
            # At once: of two threads that read, neither may keep its content with the other's stamp.
            self._seen = stamp, holders
        # Random tokens of 256 bits need no slow hash, and comparing hashes tells nothing about a token.
        holder = holders.get(_hash(token))
        return holder.name if holder and self._now().date() <= holder.until else None


def add_token(file: Path, name: str, days: int, now: datetime) -> str:
    """The token, which is shown once and kept nowhere. Raises WrongTokens."""
    if not _NAME.fullmatch(name):
        raise WrongTokens("names are up to 64 letters, digits, '.', '_', '@' and '-'")
    token = PREFIX + secrets.token_urlsafe(32)
    with changing(file):
        holders = _read(file) if file.exists() else {}
        if any(holder.name == name for holder in holders.values()):
            raise WrongTokens(f"{file}: has a token of '{name}' already: drop that one first")
        _write(file, {**holders, _hash(token): Holder(name, now.date() + timedelta(days=days))})
    return token


def drop_token(file: Path, name: str) -> None:
    """Raises WrongTokens."""
    with changing(file):
        holders = _read(file)
        kept = {told: holder for told, holder in holders.items() if holder.name != name}
        if len(kept) == len(holders):
            raise WrongTokens(f"{file}: has no token of '{name}'")
        _write(file, kept)


def _read(file: Path) -> dict[str, Holder]:
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongTokens(f"{file}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError):
        raise WrongTokens(f"{file}: is not YAML") from None
    if not isinstance(told, dict) or told.keys() != {"tokens"} or not isinstance(told["tokens"], dict):
        raise WrongTokens(f"{file}: must hold 'tokens', by the names of those who have them")
    return dict(_entry(file, name, one) for name, one in told["tokens"].items())


def _entry(file: Path, name: Any, told: Any) -> tuple[str, Holder]:
    match told:
        case {"sha256": str(known), "until": date() as until, **more} if not more and _HASH.fullmatch(known):
            if isinstance(name, str) and _NAME.fullmatch(name) and not isinstance(until, datetime):
                return known, Holder(name, until)
    raise WrongTokens(f"{file}: tokens.{name}: must hold 'sha256', 64 hexadecimal digits, and 'until', a day")


def _write(file: Path, holders: dict[str, Holder]) -> None:
    tokens = {holder.name: {"sha256": told, "until": holder.until} for told, holder in holders.items()}
    write_whole(file, yaml.safe_dump({"tokens": tokens}, sort_keys=False))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
