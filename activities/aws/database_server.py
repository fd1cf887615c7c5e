"""Logging in to a tenant's database for real."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import psycopg
from psycopg import errors

from activities.aws.credentials import Credentials
from domain.errors import AccessDenied, NotReady, Unavailable, capped

CONNECT_SECONDS = 5
STATEMENT_MILLISECONDS = 15_000
"""With the time to connect it stays below an attempt's time (workflows/policies.py)."""
LOCK_MILLISECONDS = 5_000
"""Longer a lock is not waited for: whoever comes after us would wait for us."""
REFUSALS = ("authentication failed", "not permitted to log in")

Connection = psycopg.Connection[tuple[Any, ...]]


class LoginRefused(Exception):
    """The server was reached and does not let this user in with this password."""


@dataclass(frozen=True)
class Server:
    """Where a tenant's database is."""

    instance: str
    host: str
    port: int
    database: str
    ca_certificate: str

    @contextmanager
    def log_in(self, credentials: Credentials, database: str = "") -> Iterator[Connection]:
        """Each statement is a transaction. Raises LoginRefused or a domain error."""
        with self._connected(credentials, database or self.database) as connection, _errors(self.instance):
            yield connection

    def lets_in(self, credentials: Credentials) -> bool:
        """Whether this user can work in the database with this password."""
        try:
            with self.log_in(credentials) as connection:
                connection.execute("SELECT 1")
        except LoginRefused:
            return False
        return True

    @contextmanager
    def _connected(self, credentials: Credentials, database: str) -> Iterator[Connection]:
        encryption = _encryption(self.host, self.ca_certificate)
        try:
            connection = psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=database,
                user=credentials.user,
                password=credentials.password,
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                application_name="tenantry",
                options=f"-c statement_timeout={STATEMENT_MILLISECONDS} -c lock_timeout={LOCK_MILLISECONDS}",
                **encryption,
            )
        except psycopg.OperationalError as error:
            # The answer to a connection has no code, only text.
            if any(text in str(error) for text in REFUSALS):
                raise LoginRefused(credentials.user) from None
            raise Unavailable(
                f"database {self.instance} cannot be reached from this worker: {_brief(error)}"
            ) from error
        with connection:
            yield connection


@contextmanager
def _errors(instance: str) -> Iterator[None]:
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise AccessDenied(f"database {instance}: {_brief(error)}") from error
    except (errors.LockNotAvailable, errors.QueryCanceled, errors.TransactionRollback) as error:
        raise NotReady(f"database {instance} is busy: {_brief(error)}") from error
    except psycopg.OperationalError as error:
        raise Unavailable(f"database {instance}: {_brief(error)}") from error


def _encryption(host: str, ca_certificate: str) -> dict[str, Any]:
    """A password crosses a network only to a server that proves its name, where its CA is known."""
    if _is_loopback(host):
        return {"sslmode": "prefer"}
    if not ca_certificate:
        return {"sslmode": "require"}
    return {"sslmode": "verify-full", "sslrootcert": str(_file_of(ca_certificate))}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _file_of(ca_certificate: str) -> Path:
    """libpq reads certificates from files only."""
    with NamedTemporaryFile("w", prefix="database-ca-", suffix=".pem", delete=False) as file:
        file.write(ca_certificate)
    return Path(file.name)


def _brief(error: psycopg.Error) -> str:
    """One line: the rest quotes statements."""
    return capped(str(error).strip().partition("\n")[0])
