"""The throw-away PostgreSQL."""

import os
import shutil
from pathlib import Path

import psycopg
import pytest

from devstack.postgres import PACKAGE, Postgres, _binaries
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as another user")
def test_root_runs_it_from_a_folder_that_is_closed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout in root's home, closed to all others, serves as well as any, programs and data alike."""
    installed = Path(_binaries().parents[2])
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in installed.glob(f"{PACKAGE}*"):
        shutil.copytree(folder, closed / folder.name, ignore=shutil.ignore_patterns("pginstall"))
    monkeypatch.syspath_prepend(closed)
    server = Postgres(closed / "postgres")
    assert _binaries().is_relative_to(closed)
    server.start()
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_stopping_ends_every_process(tmp_path: Path) -> None:
    """After stop no connection is taken, and stopping again is fine."""
    server = Postgres(tmp_path / "postgres")
    server.start()
    server.stop()
    server.stop()
    assert not server.process.running
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)
