"""What a worker process serves is a setting, and nonsense is refused when it starts."""

import pytest
from pydantic import ValidationError

from domain.queues import billing_queue, provider_queue
from runtime.settings import Settings
from worker.roles import ROLES, queue_of


def test_by_default_a_process_serves_everything() -> None:
    """One process is enough for an installation."""
    assert Settings().worker_roles == ROLES


def test_a_process_serves_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles are listed with commas."""
    monkeypatch.setenv("TENANTRY_WORKER_ROLES", "records, kubernetes")
    assert Settings().worker_roles == ("records", "kubernetes")


@pytest.mark.parametrize("roles", ["", "aws,gcp", "aws,aws", "AWS", "aws;kubernetes"])
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, roles: str) -> None:
    """A worker that would serve nothing, or something that does not exist, does not start."""
    monkeypatch.setenv("TENANTRY_WORKER_ROLES", roles)
    with pytest.raises(ValidationError, match="worker_roles"):
        Settings()


@pytest.mark.parametrize("build_id", ["", "has space", "-x", "a" * 65])
def test_a_version_must_have_a_usable_name(monkeypatch: pytest.MonkeyPatch, build_id: str) -> None:
    """What Temporal or a query could not take is refused at once."""
    monkeypatch.setenv("TENANTRY_BUILD_ID", build_id)
    with pytest.raises(ValidationError, match="build_id"):
        Settings()


def test_workers_and_workflows_mean_the_same_queues() -> None:
    """A worker polls the queue that workflow code names for its role."""
    assert queue_of("main", "records") == "main"
    assert queue_of("main", "aws") == provider_queue("main", "aws")
    assert queue_of("main", "kubernetes") == provider_queue("main", "kubernetes")
    assert queue_of("main", "billing") == billing_queue("main")
