"""Tenantry's own processes on the servers of this test process, and the command line as a function."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cli.connection import KEY_VARIABLE, URL_VARIABLE
from cli.main import main
from devstack.engine import DEVELOPMENT_KEY, Engine, engine_environment, make_key_ring
from devstack.postgres import Postgres
from devstack.profiles import PROFILES
from devstack.servers import AwsServer, ClusterServer
from devstack.temporal import Temporal
from tests.rights.shipped import NOBODY, WORKER


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Tenantry = Callable[..., Ran]


@pytest.fixture(scope="session")
def environment(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: Postgres,
    temporal: Temporal,
    aws: AwsServer,
    clusters: ClusterServer,
) -> dict[str, str]:
    """Sealed, as with `tenantry dev`."""
    keys = tmp_path_factory.mktemp("keys") / "webhooks"
    keys.write_bytes(base64.b64encode(b"k" * 32))
    return engine_environment(
        temporal_address=temporal.address,
        database_url=postgres.create_database("cli"),
        aws_url=aws.url,
        kubeconfig=clusters.kubeconfig,
        further={
            **PROFILES["none"].settings,
            "TENANTRY_RECOVERY_SETTLING_SECONDS": "0",
            "TENANTRY_PAYLOAD_KEYS_FILE": str(make_key_ring(tmp_path_factory.mktemp("ring") / "keys.json")),
            "TENANTRY_INSTALL": "cli",
            "TENANTRY_TASK_QUEUE": "cli",
            "TENANTRY_WEBHOOK_KEYS_FILE": str(keys),
            "TENANTRY_WEBHOOK_LOOPBACK": "true",
        },
    )


@pytest.fixture(scope="session")
def engine(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], clusters: ClusterServer
) -> Iterator[Engine]:
    """Every process with its own rights: only the role of a provider may do anything there."""
    engine = Engine(tmp_path_factory.mktemp("engine"))
    nothing = {"AWS_ACCESS_KEY_ID": NOBODY, "TENANTRY_KUBECONFIG": str(clusters.kubeconfig_of(NOBODY))}
    roles = {
        "aws": {"AWS_ACCESS_KEY_ID": WORKER},
        "kubernetes": {"TENANTRY_KUBECONFIG": str(clusters.kubeconfig_of(WORKER))},
        "records,billing": {},
    }
    try:
        engine.setup(environment | nothing)
        for served, rights in roles.items():
            given = environment | nothing | rights | {"TENANTRY_WORKER_ROLES": served}
            engine.start_worker(given, f"worker-{served.partition(',')[0]}")
        engine.start_api(environment | nothing)
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
def tenantry(
    engine: Engine, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, command: Tenantry
) -> Tenantry:
    """The same, as a client of a running API."""
    monkeypatch.setenv(URL_VARIABLE, engine.url)
    monkeypatch.setenv(KEY_VARIABLE, environment[DEVELOPMENT_KEY])
    return command
