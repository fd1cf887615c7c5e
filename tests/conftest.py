"""Servers for all tests, each started once per test process and only when a test asks for it.

They are real: Temporal, PostgreSQL, AWS over HTTP, a cluster API over HTTP. Tests keep apart by tenant ids.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml

from devstack.kubernetes.real import RealClusters
from devstack.postgres import Postgres
from devstack.profiles import PROFILES
from devstack.servers import AwsServer, ClusterServer
from devstack.temporal import Temporal
from runtime.settings import ROOT, Settings
from tests.audit import Auditor
from tests.rights.gathering import note_aws_rights, note_cluster_rights
from tests.rights.shipped import INSTALLS, NOBODY, WORKER, policies
from tests.rights.templates import RBAC

REAL_CLUSTER = os.environ.get("TENANTRY_TEST_KUBECONFIG")

# Properties say what is right, not how fast: on a busy machine no example is late.
hypothesis.settings.register_profile("tenantry", deadline=None)
hypothesis.settings.load_profile("tenantry")
os.environ.update(
    AWS_ACCESS_KEY_ID="tests",
    AWS_SECRET_ACCESS_KEY="tests",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    GOMAXPROCS="1",  # a Temporal server per test process: its threads would only get into each other's way
)


pytest_plugins = ["tests.rights.evidence"]


def pytest_collection_finish() -> None:
    """What is imported stays, so it is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def cells() -> list[dict[str, Any]]:
    """The entries of cells.yaml, each with its name."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "cells.yaml").read_text())
    return [{"name": name, **cell} for name, cell in entries.items()]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Temporal]:
    server = Temporal(tmp_path_factory.mktemp("temporal"), ui=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def aws(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: Postgres,
    cells: list[dict[str, Any]],
) -> Iterator[AwsServer]:
    server = AwsServer(tmp_path_factory.mktemp("aws") / "front", cells, PROFILES["none"], INSTALLS)
    server.start(postgres.url, policies())
    yield server
    note_aws_rights(request.config, server.url)
    server.stop()


@pytest.fixture(scope="session")
def clusters(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cells: list[dict[str, Any]]
) -> Iterator[ClusterServer]:
    server = ClusterServer(tmp_path_factory.mktemp("clusters") / "front", cells, PROFILES["none"])
    server.start(bounded={WORKER: RBAC, NOBODY: Path(os.devnull)})
    yield server
    for url in server.urls().values():
        note_cluster_rights(request.config, url)
    server.stop()


@pytest.fixture(scope="session")
def cluster_file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cells: list[dict[str, Any]]
) -> Iterator[Path]:
    """Kubeconfig with a context per cell: of the stand-ins, or of the real cluster that the run is given."""
    if REAL_CLUSTER is None:
        yield request.getfixturevalue("clusters").kubeconfig
        return
    names = [cell["kube_context"] for cell in cells]
    with RealClusters(Path(REAL_CLUSTER), names, tmp_path_factory.mktemp("real")) as real:
        yield real.file


@pytest.fixture(scope="session")
def worker_cluster_file(request: pytest.FixtureRequest, cluster_file: Path) -> Path:
    """The same for a worker, with no more rights than are shipped for it."""
    if REAL_CLUSTER is not None:
        return cluster_file
    clusters: ClusterServer = request.getfixturevalue("clusters")
    return clusters.kubeconfig_of(WORKER)


@pytest.fixture(scope="session")
def settings(postgres: Postgres, temporal: Temporal, aws: AwsServer, worker_cluster_file: Path) -> Settings:
    """Settings that lead to the servers of this test process, and poll without delay."""
    return Settings.model_validate(
        {
            "install": "test",
            "temporal_address": temporal.address,
            "database_url": postgres.create_database("tests"),
            "TENANTRY_AWS_ENDPOINT_URL": os.environ.get("AWS_ENDPOINT_URL", aws.url),
            "kubeconfig": worker_cluster_file,
            "worker_sandbox": True,
            "expected_database_seconds": 0,
            "expected_load_balancer_seconds": 0,
            "expected_rollout_seconds": 0,
            "recovery_settling_seconds": 0,
            "billing_may_run_ahead": True,
            "recovery_interval_seconds": 86_400,  # tests lose runs and look for them themselves
        }
    )


@pytest.fixture(scope="session")
def auditor(settings: Settings, cluster_file: Path, cells: list[dict[str, Any]]) -> Auditor:
    assert settings.aws_endpoint_url
    return Auditor(settings.aws_endpoint_url, cluster_file, cells)
