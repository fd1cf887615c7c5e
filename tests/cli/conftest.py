"""Tenantry's own processes on the servers of this test process, and the command line as a function."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cli.connection import URL_VARIABLE
from cli.main import main
from devstack.engine import Engine, engine_environment
from devstack.postgres import Postgres
from devstack.profiles import PROFILES
from devstack.servers import AwsServer, ClusterServer
from devstack.temporal import Temporal


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Tenantry = Callable[..., Ran]


@pytest.fixture(scope="session")
def environment(
    postgres: Postgres, temporal: Temporal, aws: AwsServer, clusters: ClusterServer
) -> dict[str, str]:
    return engine_environment(
        temporal_address=temporal.address,
        database_url=postgres.create_database("cli"),
        aws_url=aws.url,
        kubeconfig=clusters.kubeconfig,
        further={
            **PROFILES["none"].settings,
            "TENANTRY_RECOVERY_SETTLING_SECONDS": "0",
            "TENANTRY_INSTALL": "cli",
            "TENANTRY_TASK_QUEUE": "cli",
        },
    )


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("engine"))
    try:
        engine.setup(environment)
        engine.start_worker(environment)
        engine.start_api(environment)
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tenantry:
    """Runs `tenantry` with arguments in this process."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["tenantry", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        streams = capsys.readouterr()
        return Ran(code, streams.out, streams.err)

    return run


@pytest.fixture
def tenantry(engine: Engine, monkeypatch: pytest.MonkeyPatch, command: Tenantry) -> Tenantry:
    """The same, as a client of a running API."""
    monkeypatch.setenv(URL_VARIABLE, engine.url)
    return command
