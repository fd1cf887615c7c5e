"""The chain of the audit log's rows: each bears the hash of the one before, and its own.

Whoever has the rows can verify them: this file needs no database and trusts no server.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from domain.audit.origin import ActorKind
from domain.plans import Model

Row = Mapping[str, Any]
GENESIS = "0" * 64
"""What the first row bears as the hash of the row before it."""
_CHECKPOINT = re.compile(r"(0|[1-9][0-9]{0,17}):([0-9a-f]{64})")


def instant_text(instant: datetime) -> str:
    """One text for one instant: it is hashed."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


class Entry(Model):
    """A row as it is shown and hashed. A field that comes later must be left out where it is none, or no
    older row would verify any more."""

    seq: int = Field(examples=[1207])
    at: Annotated[datetime, PlainSerializer(instant_text, return_type=str)]
    actor: str
    actor_kind: ActorKind
    roles: list[str]
    action: str = Field(examples=["scale.accepted"])
    object_kind: str = Field(examples=["operation"])
    object_id: str
    tenant_id: str | None
    customer_id: str | None
    reason: str
    request_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    previous: str = Field(description="`hash` of the row before; 64 zeros in the first one.")
    hash: str = Field(
        default="", description="SHA-256 of the canonical JSON (RFC 8785) of all the other fields."
    )

    def sealed(self) -> "Entry":
        return self.model_copy(update={"hash": digest(self.model_dump(mode="json"))})


def digest(row: Row) -> str:
    """Raises TypeError for a float: in the database it may become another text."""
    hashed = {name: value for name, value in row.items() if name != "hash"}
    _refuse_floats(hashed)
    # RFC 8785 to the byte for what stands here: no floats, whole numbers below 2^53, keys in ASCII.
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("the audit log keeps no floats; write decimals as text")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _refuse_floats(one)


@dataclass(frozen=True)
class Checkpoint:
    """A row's number and hash, noted outside the database."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @staticmethod
    def parse(text: str) -> "Checkpoint":
        """Raises ValueError."""
        found = _CHECKPOINT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"'{text[:100]}' is no checkpoint: write it as printed, <seq>:<64 hex digits>")
        return Checkpoint(int(found[1]), found[2])


START = Checkpoint(0, GENESIS)


class Broken(Exception):
    """The log is not what was written."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"row {seq}: {why}")
        self.seq = seq
        """The first row that is wrong, or missing."""
        self.why = why


class Verifier:
    """Takes all rows in their order. Checkpoints tell what a chain alone cannot: that it was cut at its end,
    or written anew from some row on."""

    def __init__(self, anchors: Iterable[Checkpoint] = ()) -> None:
        self._anchors = list(anchors)
        self.head = START
        """The last row that was found right."""

    def take(self, row: Row) -> None:
        """Raises Broken."""
        seq = self.head.seq + 1
        if row.get("seq") != seq:
            raise Broken(seq, f"it is missing; row {row.get('seq')} stands in its place")
        if row.get("previous") != self.head.hash:
            raise Broken(seq, f"it does not follow row {seq - 1} as that is now: one of them was changed")
        if row.get("hash") != _digest_if_any(row):
            raise Broken(seq, "it was changed after it was written")
        self.head = Checkpoint(seq, str(row["hash"]))
        self._compare()

    def end(self) -> None:
        """Raises Broken if rows are missing that an anchor knows."""
        if beyond := [anchor.seq for anchor in self._anchors if anchor.seq > self.head.seq]:
            raise Broken(self.head.seq + 1, f"it is missing, and all up to row {max(beyond)}")

    def _compare(self) -> None:
        for anchor in self._anchors:
            if anchor.seq == self.head.seq and anchor.hash != self.head.hash:
                raise Broken(anchor.seq, "its hash is not that of the checkpoint: it was written anew")


def _digest_if_any(row: Row) -> str | None:
    try:
        return digest(row)
    except (TypeError, ValueError):
        return None
