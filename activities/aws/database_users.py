"""The roles in a tenant's database: one that owns everything, and two users that act as it, one at a time."""

from collections.abc import Iterator

from psycopg import sql

from activities.aws.credentials import Credentials
from activities.aws.database_server import Connection
from domain.naming import database_name, database_owner

REPLICATION = "rds_replication"
"""RDS's stand-in for the right to replicate, which it lets nobody have."""


class DatabaseUsers:
    """Over a connection of the master user. Everything may be repeated."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection = connection
        self._master = database_name(tenant_id)
        self._owner = database_owner(tenant_id)

    def make_owner(self) -> None:
        """It may make databases, because a product may want another one beside its first."""
        if not self._exists(self._owner):
            self._run("CREATE ROLE {} NOLOGIN CREATEDB", self._owner)
        self._run("GRANT {} TO CURRENT_USER", self._owner)
        if self._exists(REPLICATION):
            self._run("GRANT {} TO {}", REPLICATION, self._owner)
        self._run("ALTER DATABASE {} OWNER TO {}", self._master, self._owner)

    def let_in(self, login: Credentials) -> None:
        """From now on the user logs in with this password and no other."""
        if not self._exists(login.user):
            self._run("CREATE ROLE {} NOLOGIN", login.user)
        self._run("GRANT {} TO {}", self._owner, login.user)
        # What either of them makes must belong to both.
        self._run("ALTER ROLE {} SET role TO {}", login.user, self._owner)
        self._run("ALTER ROLE {} LOGIN", login.user)
        self._set_password(login)

    def lock_out(self, user: str) -> None:
        """Ends its sessions, too. Nothing to do for a user that there is not."""
        if self._exists(user):
            self._run("ALTER ROLE {} NOLOGIN PASSWORD NULL", user)
            self._end_sessions(user)

    def take_back_master(self, master: Credentials) -> None:
        """The tenant logged in as the master user before it had users of its own."""
        # Together: a repeat that finds the password changed does not come here again.
        with self._connection.transaction():
            self._set_password(master)
            self._end_sessions(self._master)

    def databases_of_master(self) -> Iterator[str]:
        """Those in which it may own something."""
        rows = self._connection.execute(
            "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate "
            "AND pg_get_userbyid(datdba) IN (%s, %s)",
            [self._master, self._owner],
        )
        yield from (str(name) for (name,) in rows.fetchall())

    def give_to_owner(self) -> None:
        """In the database of this connection."""
        self._run("REASSIGN OWNED BY {} TO {}", self._master, self._owner)

    def _set_password(self, login: Credentials) -> None:
        # As PostgreSQL stores it: the server's log may hold statements.
        verifier = self._connection.pgconn.encrypt_password(
            login.password.encode(), login.user.encode(), b"scram-sha-256"
        )
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
        self._connection.execute(statement.format(sql.Identifier(login.user), sql.Literal(verifier.decode())))

    def _end_sessions(self, user: str) -> None:
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = %s AND pid <> pg_backend_pid()",
            [user],
        )

    def _exists(self, role: str) -> bool:
        found = self._connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return found.fetchone() is not None

    def _run(self, statement: str, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
