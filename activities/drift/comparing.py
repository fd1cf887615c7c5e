"""Where two documents differ, path by path."""

from collections.abc import Iterator
from typing import Any

MERGE_KEYS = ("name", "containerPort", "port", "type", "key", "mountPath", "ip", "topologyKey", "Sid")
"""By what items of a list are told apart, so that a difference names the item and not its position."""


def differences(wanted: Any, found: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, wanted and found value of everything that is not the same in both; None stands for absent."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in sorted({*wanted, *found}):
            # Names of labels and annotations have dots themselves.
            step = f"[{name}]" if "." in name or "/" in name else f".{name}" if path else name
            yield from differences(wanted.get(name), found.get(name), f"{path}{step}")
    elif isinstance(wanted, list) and isinstance(found, list):
        yield from _of_lists(wanted, found, path)
    elif wanted != found:
        yield path, wanted, found


def _of_lists(wanted: list[Any], found: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    ours, theirs = _by_key(wanted), _by_key(found)
    if ours is None or theirs is None:
        if wanted != found:
            yield path, wanted, found
        return
    for name in dict.fromkeys([*ours, *theirs]):
        yield from differences(ours.get(name), theirs.get(name), f"{path}[{name}]")


def _by_key(items: list[Any]) -> dict[str, Any] | None:
    """None if nothing tells the items apart."""
    if not items:
        return {}
    for key in MERGE_KEYS:
        if all(isinstance(item, dict) and key in item for item in items):
            named = {str(item[key]): item for item in items}
            if len(named) == len(items):
                return named
    return None
