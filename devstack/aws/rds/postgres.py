"""The real PostgreSQL behind RDS instances: one role and one database each."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors, sql

from devstack.aws.protocol import RefusedError
from devstack.aws.rds.store import Database

CONNECT_TIMEOUT = 10
"""seconds"""

RDS_ROLES = """
DO $$ BEGIN
    CREATE ROLE rds_replication NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$"""
MASTER_RIGHTS = "GRANT rds_replication TO {0} WITH ADMIN OPTION; GRANT pg_signal_backend TO {0}"
MADE_BY_MASTER = """
SELECT made.rolname FROM pg_auth_members AS member
JOIN pg_roles AS made ON made.oid = member.roleid
WHERE member.member = to_regrole(quote_ident(%s)) AND member.admin_option
  AND made.rolname <> 'rds_replication'
"""
OWNED_BY = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = ANY(%s)"


class Postgres:
    """Statements run one connection each: RDS is called from many threads at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        with self._connection() as connection:
            connection.execute(RDS_ROLES)
            self.address = connection.info.host
            self.port = connection.info.port

    def create(self, database: Database, password: str) -> None:
        """Refuses names that are taken, because here they are the server's, not the instance's.

        The master user has the rights that RDS gives one: it makes roles and databases, and is no superuser.
        """
        name, role = sql.Identifier(database.name), sql.Identifier(database.role)
        with self._connection() as connection:
            secret = self._verifier(connection, database.role, password)
            try:
                statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}")
                connection.execute(statement.format(role, secret))
            except (errors.DuplicateObject, errors.ReservedName):
                raise _taken("MasterUsername", database.role) from None
            try:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY FILE_COPY").format(name, role)
                )
            except errors.DuplicateDatabase:
                connection.execute(sql.SQL("DROP ROLE {}").format(role))
                raise _taken("DBName", database.name) from None
            connection.execute(sql.SQL(MASTER_RIGHTS).format(role))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))

    def set_password(self, role: str, password: str) -> None:
        with self._connection() as connection:
            secret = self._verifier(connection, role, password)
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), secret))

    def set_open(self, name: str, *, is_open: bool) -> None:
        """A stopped instance takes no connection, and ends those that it has."""
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        with self._connection() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(is_open)))
            if not is_open:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
                )

    def drop(self, database: Database) -> None:
        """With the databases and roles that its master user made."""
        with self._connection() as connection:
            made = [str(role) for (role,) in connection.execute(MADE_BY_MASTER, [database.role]).fetchall()]
            roles = [*made, database.role]
            owned = connection.execute(OWNED_BY, [roles]).fetchall()
            for name in {database.name, *(str(name) for (name,) in owned)}:
                statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                connection.execute(statement.format(sql.Identifier(name)))
            for role in roles:
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_TIMEOUT)
        with connection:
            yield connection

    @staticmethod
    def _verifier(connection: psycopg.Connection, role: str, password: str) -> sql.Literal:
        """What PostgreSQL stores for a password: the server's log may hold statements."""
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        return sql.Literal(verifier.decode())


def _taken(member: str, value: str) -> RefusedError:
    message = f"{member} {value} cannot be used: this stand-in needs one unique in its PostgreSQL server"
    return RefusedError("InvalidParameterValue", message)
