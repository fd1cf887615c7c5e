"""Pages of a list, in the way that AWS's `Marker` and `nextToken` work."""

import base64
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def page(items: Sequence[Item], token: str | None, size: int) -> tuple[list[Item], str | None]:
    """The next `size` items and the token of those that follow, if any.

    Raises ValueError for a token that no page ever ended with.
    """
    start = int(base64.urlsafe_b64decode(token.encode()).decode()) if token else 0
    end = start + size
    following = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else None
    return list(items[start:end]), following
