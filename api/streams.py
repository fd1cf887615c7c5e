"""How many streams of events one caller may have open, so that it leaves room for the others."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from fastapi import Depends, Request

from api.identity import caller_of
from api.problems import ApiProblem

RETRY_SECONDS = 5


class Streams:
    """Of one process."""

    def __init__(self, per_caller: int) -> None:
        self._per_caller = per_caller
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_of(self, subject: str) -> Iterator[None]:
        """Raises ApiProblem."""
        if self._open[subject] >= self._per_caller:
            detail = f"{subject} has {self._per_caller} streams open; end one, or look now and then."
            raise ApiProblem("TooManyRequests", detail, headers={"Retry-After": str(RETRY_SECONDS)})
        self._open[subject] += 1
        try:
            yield
        finally:
            self._open[subject] -= 1
            if not self._open[subject]:
                del self._open[subject]


async def _counted(request: Request) -> AsyncIterator[None]:
    streams: Streams = request.app.state.streams
    with streams.one_of(caller_of(request).subject):
        yield


COUNTED = Depends(_counted)
"""Counts until the stream has ended, however it ends."""
