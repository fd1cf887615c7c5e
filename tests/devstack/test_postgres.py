"""The throw-away PostgreSQL."""

from pathlib import Path

import psycopg
import pytest

from devstack.postgres import Postgres
from devstack.processes import StartError


def test_it_is_version_18(postgres: Postgres) -> None:
    """The server is a real PostgreSQL 18 that takes statements over TCP."""
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row is not None
    assert row[0].startswith("18.")


def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    """A connection with another password than the server's own fails, so passwords can be tried."""
    wrong = psycopg.conninfo.make_conninfo(postgres.url, password="wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_databases_are_separate(postgres: Postgres) -> None:
    """A table made in one database is not seen in another."""
    one, other = postgres.create_database("postgres_one"), postgres.create_database("postgres_other")
    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE mark (id int)")
    with psycopg.connect(other) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM mark")


def test_the_password_is_in_no_file(postgres: Postgres) -> None:
    """The superuser's password is neither in a log nor left in a file, nor in the command line."""
    password = psycopg.conninfo.conninfo_to_dict(postgres.url)["password"]
    folder = postgres.process.log.parent
    kept = [file for file in folder.glob("*") if file.is_file()]
    assert postgres.process.log in kept
    assert not [file for file in kept if str(password) in file.read_text()]
    assert str(password) not in Path(f"/proc/{postgres.process.pid}/cmdline").read_text()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    """A data folder that is in use makes the start fail with initdb's own words."""
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "left").touch()
    with pytest.raises(StartError, match="exists but is not empty"):
        Postgres(tmp_path / "postgres").start()


def test_stopping_ends_every_process(tmp_path: Path) -> None:
    """After stop no connection is taken, and stopping again is fine."""
    server = Postgres(tmp_path / "postgres")
    server.start()
    server.stop()
    server.stop()
    assert not server.process.running
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)
