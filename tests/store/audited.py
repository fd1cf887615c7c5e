"""A log of its own, written and read as the engine does."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from domain.audit.chain import Checkpoint, Verifier
from domain.audit.changes import Change
from domain.audit.origin import SYSTEM
from store.audit import note
from store.audit_reading import read_audit
from store.engine import transaction

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


class Crash(Exception):
    pass


def change(number: int = 0, **wishes: Any) -> Change:
    values: dict[str, Any] = {
        "at": AT,
        "by": SYSTEM.because("tests"),
        "action": "thing.made",
        "object_kind": "thing",
        "object_id": f"thing{number}",
        "after": {"number": number, "amount": "12.50", "nested": [{"ä": None}]},
    }
    return Change(**values | wishes)


def write(engine: Engine, *numbers: int, **wishes: Any) -> None:
    """Each in a transaction of its own."""
    for number in numbers:
        with transaction(engine) as session:
            note(session, change(number, **wishes))


def rows(engine: Engine) -> list[dict[str, Any]]:
    """As the API shows them."""
    return [entry.model_dump(mode="json") for entry in read_audit(engine, after=0, limit=1000).items]


def verified(engine: Engine) -> Checkpoint:
    verifier = Verifier()
    for row in rows(engine):
        verifier.take(row)
    return verifier.head
