"""The real database behind an RDS instance."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from devstack.aws import AwsFront
from devstack.postgres import Postgres
from tests.devstack.aws.support import Aws, refused, unique


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Postgres(tmp_path_factory.mktemp("rds"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def front(postgres_url: str) -> Iterator[AwsFront]:
    with AwsFront(postgres_url=postgres_url) as front:
        yield front


def _connect(shown: dict[str, Any], password: str) -> psycopg.Connection:
    return psycopg.connect(
        host=shown["Endpoint"]["Address"],
        port=shown["Endpoint"]["Port"],
        dbname=shown["DBName"],
        user=shown["MasterUsername"],
        password=password,
        connect_timeout=5,
        autocommit=True,
    )


def test_the_endpoint_takes_the_master_password_and_no_other(aws: Aws) -> None:
    """The owner can work in the database; another password is refused by PostgreSQL itself."""
    shown = aws.described(aws.database(MasterUserPassword="right-password"))
    with _connect(shown, "right-password") as connection:
        connection.execute("CREATE TABLE kept (id int)")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        _connect(shown, "wrong-password")


def test_one_tenant_is_not_let_into_anothers_database(aws: Aws) -> None:
    """A role connects to its own database only."""
    mine, other = (aws.described(aws.database()) for _ in range(2))
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        _connect({**other, "MasterUsername": mine["MasterUsername"]}, "first-password")


def test_a_new_password_replaces_the_old(aws: Aws) -> None:
    """After the change only the new password is taken."""
    name = aws.database()
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, MasterUserPassword="second-password")
    shown = aws.described(name)
    _connect(shown, "second-password").close()
    with pytest.raises(psycopg.OperationalError):
        _connect(shown, "first-password")


def test_a_stopped_instance_takes_no_connection(aws: Aws) -> None:
    """Stopping ends what is connected and refuses what comes; starting lets in again."""
    name = aws.database()
    shown = aws.described(name)
    connected = _connect(shown, "first-password")
    aws.rds.stop_db_instance(DBInstanceIdentifier=name)
    with pytest.raises(psycopg.OperationalError):
        connected.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        _connect(shown, "first-password")
    aws.rds.start_db_instance(DBInstanceIdentifier=name)
    _connect(shown, "first-password").close()


def test_a_deleted_instance_leaves_nothing(aws: Aws, postgres_url: str) -> None:
    """Role and database go with the instance, even while a client is connected."""
    name = aws.database()
    shown = aws.described(name)
    connected = _connect(shown, "first-password")
    aws.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert _left(postgres_url, shown["DBName"]) == (0, 0)
    connected.close()


def test_names_must_be_unique_in_the_server(aws: Aws) -> None:
    """Two instances of one role or database name are refused, and the second leaves nothing."""
    shown = aws.described(aws.database())
    name = unique("db")
    for member in ("MasterUsername", "DBName"):
        refusal = refused(aws.database, name=name, **{member: shown[member]})
        assert refusal.code == "InvalidParameterValue"
        assert member in refusal.message
    aws.database(name)


def test_many_instances_at_once(aws: Aws) -> None:
    """Forty creations at once all succeed, and so do their deletions."""
    names = [unique("db") for _ in range(40)]
    rds = aws.rds
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(aws.database, names))
        shown = {item["DBInstanceIdentifier"] for item in rds.describe_db_instances()["DBInstances"]}
        assert set(names) <= shown
        list(
            pool.map(
                lambda name: rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True), names
            )
        )
    left = {item["DBInstanceIdentifier"] for item in rds.describe_db_instances()["DBInstances"]}
    assert not left & set(names)


def test_stopping_the_front_drops_its_databases(postgres_url: str) -> None:
    """A front leaves nothing behind in the server that it was lent."""
    with AwsFront(postgres_url=postgres_url) as front:
        aws = Aws(front.url)
        shown = aws.described(aws.database())
        assert _left(postgres_url, shown["DBName"]) == (1, 1)
    assert _left(postgres_url, shown["DBName"]) == (0, 0)


def test_without_postgres_instances_are_only_told_of() -> None:
    """The front works without a server; the endpoint is then a name of AWS's kind."""
    with AwsFront() as front:
        aws = Aws(front.url)
        assert aws.described(aws.database())["Endpoint"]["Address"].endswith(".rds.amazonaws.com")


def _left(postgres_url: str, name: str) -> tuple[int, int]:
    with psycopg.connect(postgres_url) as connection:
        roles = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        bases = connection.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name]).fetchone()
    assert roles is not None
    assert bases is not None
    return roles[0], bases[0]
