"""Cursors of lists in the order of creation: where the page before ended."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

Item = TypeVar("Item")


def encoded(created_at: datetime, row_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at.isoformat()} {row_id}".encode()).decode()


def decoded(cursor: str, ids: str) -> tuple[datetime, str]:
    """`ids`: the pattern of what may be listed there. Raises ValueError for what `encoded` has not made."""
    try:
        instant, row_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().split(" ")
        created_at = datetime.fromisoformat(instant)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the cursor is not one that this API gave") from error
    if created_at.tzinfo is None or not re.fullmatch(ids, row_id):
        raise ValueError("the cursor is not one that this API gave")
    return created_at, row_id


def page(
    found: Iterable[Item], limit: int, place: Callable[[Item], tuple[datetime, str]]
) -> tuple[list[Item], str | None]:
    """One page, and the cursor of the next if there is one: `found` was asked for one more than `limit`."""
    items = list(found)
    more = len(items) > limit
    return items[:limit], encoded(*place(items[limit - 1])) if more else None
