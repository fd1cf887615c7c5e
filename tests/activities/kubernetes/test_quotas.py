"""Pods that a quota refuses: for the moment, or for good."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import NotReady, QuotaExceeded
from domain.phases import Mode
from tests.activities.kubernetes.front import Front
from tests.activities.kubernetes.tenancy import Tenancy, later


def test_pods_that_a_quota_refuses(tenancy: Tenancy) -> None:
    """A workload whose pods the quota refuses is on its way, until the refusal has lasted."""
    tenancy.values["pods"] = "1"
    tenancy.ready("base")
    assert not tenancy.ensure("app").ready
    worker, call = tenancy.activities(expected_rollout_seconds=100), tenancy.call("app", Mode.RUNNING)
    with pytest.raises(QuotaExceeded, match=r"deployment web: .*exceeded quota: tenant"):
        tenancy.eventually("await_ready", call)
    for hours in (0, 1):  # the operation has just begun to wait, then the refusal is what is young
        with pytest.raises(NotReady, match=r"deployment web: 1 of 2 replicas ready .*exceeded quota: tenant"):
            later(timedelta(hours=hours)).run(worker.await_ready, call)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_refusals_age_is_told_by_the_clusters_clock(tenancy: Tenancy, front: Front, hours: int) -> None:
    """The date of the cluster's answers decides, wherever the worker's own clock stands."""
    tenancy.values["pods"] = "1"
    tenancy.ready("base")
    assert not tenancy.ensure("app").ready
    front.clock = datetime.now(UTC) + timedelta(hours=hours)
    worker = tenancy.activities(front.file, expected_rollout_seconds=100)
    expected = QuotaExceeded if hours > 0 else NotReady
    with pytest.raises(expected, match="exceeded quota: tenant"):
        later(timedelta(hours=2)).run(worker.await_ready, tenancy.call("app", Mode.RUNNING))
