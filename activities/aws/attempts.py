"""How long one attempt goes on making things.

Temporal gives an attempt up after its time, and the undo may begin while a call of it is still on its way. So
nothing is sent that creates or changes something unless its answer, or its timeout, comes well before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

from domain.errors import Unavailable

MAKING_SECONDS = 25.0
"""With the timeouts of one call (clients.py) it stays below an attempt's time (workflows/policies.py)."""

HARMLESS = ("Delete", "Describe", "Detach", "Get", "Head", "List")
"""How operations begin that leave nothing behind; everything else counts as making."""

_ends: ContextVar[float | None] = ContextVar("making_ends", default=None)


@contextmanager
def attempt() -> Iterator[None]:
    """Counts from here; entered again inside, it goes on counting from the first time."""
    if _ends.get() is not None:
        yield
        return
    token = _ends.set(monotonic() + MAKING_SECONDS)
    try:
        yield
    finally:
        _ends.reset(token)


def refuse_late(event_name: str, **_: object) -> None:
    """Handler of botocore's event `before-send.<service>.<operation>`, which also precedes each repeat.

    Raises Unavailable for a call that makes something when the attempt's time for it is over.
    """
    ends = _ends.get()
    operation = event_name.rpartition(".")[2]
    if ends is None or operation.startswith(HARMLESS):
        return
    if monotonic() > ends:
        raise Unavailable(f"AWS is slow: {operation} is left to another try")
