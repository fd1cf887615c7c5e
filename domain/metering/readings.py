"""What a meter takes from an event: a number, a key, a group; or nothing, or a reason to refuse it."""

import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct

from domain.billing.prices import decimal
from domain.metering.meters import Dial, Path, at_path
from domain.metering.refusals import Unreadable

ONE = Decimal(1)
MOST_DIGITS = 24
"""Before the point and after it, each: sums of billions of such numbers stay exact."""
LONGEST_KEY = 255
LONGEST_GROUP = 64
UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of characters: PostgreSQL takes them for no text, or people for none."""


class Reading(Struct, frozen=True, gc=False):
    """What one meter counts of one event."""

    meter: str
    value: Decimal = ONE
    key: str | None = None
    group: str = ""
    """The values of the fields that it groups by, as a JSON list; empty where it groups by none."""
    holds_state: bool = False


def reading(dial: Dial, data: dict[str, Any]) -> Reading | None:
    """None if the meter's filter leaves the event out. Raises Unreadable."""
    for path, accepted in dial.where:
        if _plain(at_path(data, path)) not in accepted:
            return None
    return Reading(
        dial.name,
        ONE if dial.value is None else _value(data, dial.value),
        None if dial.key is None else _key(data, dial.key),
        _group(data, dial.groups) if dial.groups else "",
        dial.holds_state,
    )


def groups_of(text: str) -> tuple[str, ...]:
    """The values that a reading's group was made of."""
    return tuple(json.loads(text)) if text else ()


def _value(data: dict[str, Any], path: Path) -> Decimal:
    found = at_path(data, path)
    try:
        number = Decimal(found) if type(found) is int else decimal(found)
    except ValueError:
        raise Unreadable(f"{_said(path)} must be a number, {_but(found)}") from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MOST_DIGITS or number.adjusted() >= MOST_DIGITS:
        raise Unreadable(f"{_said(path)} must have at most {MOST_DIGITS} digits before and after the point")
    return number


def _key(data: dict[str, Any], path: Path) -> str:
    found = at_path(data, path)
    text = _plain(found)
    if not text or (not isinstance(found, str) and type(found) is not int):
        raise Unreadable(
            f"{_said(path)} must be text or a whole number that names who or what, {_but(found)}"
        )
    if len(text) > LONGEST_KEY or is_unstorable(text):
        raise Unreadable(f"{_said(path)} must have at most {LONGEST_KEY} characters and none for control")
    return text


def _group(data: dict[str, Any], paths: tuple[Path, ...]) -> str:
    values = tuple(_plain(at_path(data, path)) or "" for path in paths)
    for path, text in zip(paths, values, strict=True):
        if len(text) > LONGEST_GROUP or is_unstorable(text):
            raise Unreadable(
                f"{_said(path)} must have at most {LONGEST_GROUP} characters and none for control"
            )
    return _listed(values)


@lru_cache(maxsize=4096)
def _listed(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> str | None:
    """Scalars as text, so that 1 and "1" are the same; None for what is missing or no scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return None


def is_unstorable(text: str) -> bool:
    return not text.isprintable() and UNSTORABLE.search(text) is not None


def _said(path: Path) -> str:
    return f"data.{'.'.join(path)}"


def _but(found: Any) -> str:
    if found is None:
        return "but it is missing"
    shown = _plain(found) or type(found).__name__
    return f"not {shown[:40]!r}" if isinstance(found, str) else f"not {shown[:40]}"
