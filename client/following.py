"""The client: all operations of the document, and following what they start."""

import time
from collections.abc import Iterator

from client.errors import ApiProblem, ApiUnreachable
from client.models import OperationDetail, OperationStatus
from client.operations import Operations
from client.requests import WAIT_AND_REPEAT

RECONNECT_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""How long a stream that was cut is asked for again, before the API counts as away."""
ENDED: frozenset[OperationStatus] = frozenset({"succeeded", "failed", "cancelled", "superseded"})


class Client(Operations):
    """One method per operation of the API, named after its `operationId`.

    Raises ApiProblem, or a subclass by status, where the API refuses; ApiUnreachable where nobody answers.
    """

    def follow(self, operation_id: str) -> Iterator[OperationDetail]:
        """The operation at each change of it, until it has ended; that view is the last.

        A connection that is cut is made again, and goes on behind what came by the one before.
        """
        seen: str | None = None
        away_since: float | None = None
        while True:
            try:
                for event in self.events(operation_id, last_event_id=seen):
                    view: OperationDetail = event.json()
                    seen = event.id
                    yield view
                    if view["status"] in ENDED:
                        return
                away_since = None
            except (ApiUnreachable, ApiProblem) as error:
                away_since = away_since or time.monotonic()
                if not _passes(error, seen) or time.monotonic() - away_since > PATIENCE_SECONDS:
                    raise
            time.sleep(RECONNECT_SECONDS)


def _passes(error: ApiUnreachable | ApiProblem, seen: str | None) -> bool:
    """Whether another try may help: where nobody has ever answered, somebody should look at the address."""
    if isinstance(error, ApiProblem):
        return error.status in WAIT_AND_REPEAT
    return seen is not None
