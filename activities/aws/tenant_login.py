"""A tenant's way into its database: which secrets hold it, where it leads, and who keeps it open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.aws.base import Ground, name_of
from activities.aws.credentials import PREVIOUS, Credentials, read_current, read_stage
from activities.aws.database_server import Connection, LoginRefused, Server
from activities.aws.database_users import DatabaseUsers
from activities.aws.instances import Instance, describe
from domain.errors import AccessDenied, InvalidSpec, NotReady
from domain.messages import StepCall
from domain.naming import database_name, database_owner
from domain.specs import DatabaseSpec

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class TenantLogin:
    """Of one tenant, whose database is there and takes connections."""

    tenant_id: str
    server: Server
    client: "SecretsManagerClient"
    secret: str
    """Name of the secret by which the tenant logs in."""
    master_secret: str
    settling_seconds: float

    def current(self) -> Credentials:
        return read_current(self.client, self.secret, self.settling_seconds)

    def is_master(self, login: Credentials) -> bool:
        """True of tenants that signed up before they had users of their own, until their first rotation."""
        return login.user == database_name(self.tenant_id)

    def works(self, login: Credentials) -> bool:
        """Tries it for real: it must get in, and act as the owner of everything."""
        try:
            with self.server.log_in(login) as connection:
                row = connection.execute("SELECT current_user").fetchone()
        except LoginRefused:
            return False
        return self.is_master(login) or row == (database_owner(self.tenant_id),)

    def keep_open(self) -> None:
        """What the secret says must let the tenant in. Never locks anybody out."""
        login = self.current()
        if self.works(login):
            return
        if self.is_master(login):
            raise AccessDenied(_refused(self.server.instance, self.secret))
        with self.administered() as users:
            users.make_owner()
            users.let_in(login)

    @contextmanager
    def administered(self) -> Iterator[DatabaseUsers]:
        with self.master() as connection:
            yield DatabaseUsers(connection, self.tenant_id)

    def give_all_to_owner(self) -> None:
        """What the tenant made while it logged in as the master user."""
        with self.administered() as users:
            databases = list(users.databases_of_master())
        for database in databases:
            with self.master(database) as connection:
                DatabaseUsers(connection, self.tenant_id).give_to_owner()

    @contextmanager
    def master(self, database: str = "") -> Iterator[Connection]:
        """Raises AccessDenied if the server takes none of the passwords that may be the master user's."""
        for candidate in self._masters():
            if self.server.lets_in(candidate):
                with self.server.log_in(candidate, database) as connection:
                    yield connection
                return
        raise AccessDenied(_refused(self.server.instance, self.master_secret))

    def take_back_master(self) -> None:
        """The master user gets a password that no tenant knows, unless it has it."""
        wanted = self._master()
        if not self.server.lets_in(wanted):
            self.give_all_to_owner()
            with self.administered() as users:
                users.take_back_master(wanted)

    def _master(self) -> Credentials:
        return read_current(self.client, self.master_secret, self.settling_seconds)

    def _masters(self) -> Iterator[Credentials]:
        yield self._master()
        for login in (self.current(), read_stage(self.client, self.secret, PREVIOUS)):
            if login and self.is_master(login):
                yield login


def login_of(ground: Ground, call: StepCall, instance: Instance) -> TenantLogin | None:
    """None where the blueprint lets the tenant log in as the master user, for good."""
    spec = ground.spec(call, DatabaseSpec)
    if spec.login is None:
        return None
    cell, tenant = ground.cell(call.tenant), call.tenant
    server = Server(
        instance=instance.name,
        host=instance.host,
        port=instance.port,
        database=database_name(tenant.id),
        ca_certificate=cell.database.ca_certificate or "",
    )
    return TenantLogin(
        tenant_id=tenant.id,
        server=server,
        client=ground.clients.secretsmanager(cell.region),
        secret=name_of(tenant, spec.login),
        master_secret=name_of(tenant, spec.password),
        settling_seconds=ground.settling_seconds,
    )


def login_to(ground: Ground, call: StepCall) -> TenantLogin:
    """Of a database that is to be there. Raises NotReady while it takes no connections."""
    name = name_of(call.tenant, call.step)
    instance = describe(ground.clients.rds(ground.cell(call.tenant).region), name)
    if instance is None:
        raise InvalidSpec(f"database {name} is not there; look at the tenant's drift")
    if waiting_for := instance.waiting_for(None):
        raise NotReady(waiting_for)
    login = login_of(ground, call, instance)
    if login is None:
        raise InvalidSpec(f"the blueprint '{call.tenant.blueprint}' has no password that could be rotated")
    return login


def _refused(instance: str, secret: str) -> str:
    return (
        f"database {instance} refuses the password that secret {secret} holds: set the password of one of "
        "them to that of the other, then try again"
    )
