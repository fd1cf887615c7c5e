"""Temporal Actions: what Temporal Cloud bills, as the server itself counts it."""

import re
import time
from collections import Counter
from urllib.request import urlopen

from devstack.stack import Stack

_LINE = re.compile(r'action\{action_type="(\w+)".*\} (\d+)')
REPORTED_SECONDS = 1.5
"""The server brings its counters up to date once a second."""
PATIENCE_SECONDS = 30


class ActionMeter:
    def __init__(self, stack: Stack) -> None:
        self._url = stack.temporal.metrics_url
        self._before = self._settled()

    def taken(self) -> Counter[str]:
        """By kind, since the last call."""
        now = self._settled()
        taken = now - self._before
        self._before = now
        return taken

    def _settled(self) -> Counter[str]:
        """When nothing is counted any more. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        last = None
        while time.monotonic() < deadline:
            counted = self._read()
            if counted == last:
                return counted
            last = counted
            time.sleep(REPORTED_SECONDS)
        raise TimeoutError(f"Temporal was not at rest for {PATIENCE_SECONDS} s")

    def _read(self) -> Counter[str]:
        with urlopen(self._url, timeout=5) as answer:
            text = answer.read().decode()
        counted: Counter[str] = Counter()
        for kind, count in _LINE.findall(text):
            counted[kind] += int(count)
        return counted
