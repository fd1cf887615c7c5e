"""Credentials end while operations run; that is worth another try, with new ones."""

import pytest
from temporalio.testing import ActivityEnvironment

from domain.errors import Unavailable
from domain.phases import Mode
from domain.plans import Cell
from tests.activities.kubernetes.front import Front, Own, Rule
from tests.activities.kubernetes.tenancy import CELL, Tenancy

UNAUTHORIZED = Own(
    401, '{"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized", "code": 401}'
)


def only(token: str) -> Rule:
    return lambda asked: None if asked.authorization == f"Bearer {token}" else UNAUTHORIZED


def test_a_rotated_token_is_read_anew(tenancy: Tenancy, front: Front) -> None:
    """The attempt that meets a dead token fails for now, and the next one asks for its successor."""
    worker = tenancy.activities(front.file)
    front.rule = only("first")
    ActivityEnvironment().run(worker.ensure, tenancy.call("base", Mode.RUNNING))
    front.rule = only("second")
    with pytest.raises(Unavailable, match="Unauthorized"):
        ActivityEnvironment().run(worker.ensure, tenancy.call("other", Mode.RUNNING))
    front.log_in("second")
    assert ActivityEnvironment().run(worker.ensure, tenancy.call("other", Mode.RUNNING)).ready


def test_credentials_that_never_were_good_are_not_asked_for_by_every_attempt(
    front: Front, known_cells: list[Cell]
) -> None:
    """While a kubeconfig holds no good token, attempts share one connection and each fails for now."""
    clusters = front.clusters(known_cells)
    front.rule = only("never")
    first = clusters.of(CELL)
    with pytest.raises(Unavailable):
        first.find("v1", "Namespace", "", "")
    assert clusters.of(CELL) is first
