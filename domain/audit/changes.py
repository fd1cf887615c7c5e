"""What a writer says of a change; number and hashes come when it is committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.audit.origin import Author

HIDDEN = "(hidden)"
"""In place of what is personal or secret: the log is never changed, so nobody could be forgotten in it."""


@dataclass(frozen=True)
class Change:
    at: datetime
    by: Author
    action: str
    """`<what>.<done>`, as scale.accepted."""
    object_kind: str
    object_id: str
    tenant_id: str | None = None
    customer_id: str | None = None
    before: Mapping[str, Any] | None = None
    """As JSON without floats, and nothing secret."""
    after: Mapping[str, Any] | None = None
    once: bool = field(default=False, kw_only=True)
    """Not again if this was done to this object before: for wishes that may be repeated."""


def hidden(values: Mapping[str, Any], personal: frozenset[str]) -> dict[str, Any]:
    """The values as the log may keep them."""
    return {
        name: HIDDEN if name in personal and value is not None else value for name, value in values.items()
    }
