"""Work that is due after a settable delay: at once for 0, never for None."""

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final

Delays = Mapping[str, float | None]
NAMES: Final = ("deployment", "loadbalancer", "externalsecret", "certificate", "namespace")


def checked(delays: Mapping[str, object]) -> dict[str, float | None]:
    """Delays in seconds by name; ValueError names what is unknown or negative."""
    found: dict[str, float | None] = {}
    for name, value in delays.items():
        if name not in NAMES:
            raise ValueError(f"unknown delay {name!r}: expected one of {', '.join(NAMES)}")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            raise ValueError(f"delay {name!r} must be seconds, 0 or more, or null for never")
        found[name] = value
    return found


@dataclass(eq=False)
class _Pending:
    name: str
    since: float
    run: Callable[[], None]
    handle: asyncio.TimerHandle | None = None


class Timers:
    """Pending work by key; a newer request for a key replaces the older one."""

    def __init__(self, delays: Delays, execute: Callable[[Callable[[], None]], None]) -> None:
        self._delays: dict[str, float | None] = {**dict.fromkeys(NAMES, 0.0), **delays}
        self._pending: dict[Hashable, _Pending] = {}
        self._execute = execute

    @property
    def delays(self) -> dict[str, float | None]:
        """The delays in force."""
        return dict(self._delays)

    def delay(self, name: str) -> float | None:
        """Seconds for one kind of work; None for never."""
        return self._delays[name]

    def change(self, delays: Delays) -> None:
        """Puts new delays in force, for pending work too, counted from when it was asked for."""
        self._delays |= delays
        for key, item in list(self._pending.items()):
            if item.name in delays:
                self._schedule(key, item)

    def has(self, key: Hashable) -> bool:
        """Whether work under this key is pending."""
        return key in self._pending

    def after(self, name: str, key: Hashable, run: Callable[[], None]) -> None:
        """Asks for work after the named delay."""
        self.cancel(key)
        self._pending[key] = item = _Pending(name, time.monotonic(), run)
        self._schedule(key, item)

    def cancel(self, key: Hashable) -> None:
        """Forgets pending work."""
        item = self._pending.pop(key, None)
        if item is not None and item.handle is not None:
            item.handle.cancel()

    def clear(self) -> None:
        """Forgets all pending work."""
        for key in list(self._pending):
            self.cancel(key)

    def _schedule(self, key: Hashable, item: _Pending) -> None:
        if item.handle is not None:
            item.handle.cancel()
            item.handle = None
        delay = self._delays[item.name]
        if delay is None:
            return
        left = max(0.0, item.since + delay - time.monotonic())
        item.handle = asyncio.get_running_loop().call_later(left, self._fire, key)

    def _fire(self, key: Hashable) -> None:
        item = self._pending.pop(key, None)
        if item is not None:
            self._execute(item.run)
