"""A tenant's next database password: made, tried, moved to, and the one before it locked.

The two users of a database take turns. Until its secret moves, a tenant logs in as one of them; from then on
as the other. Whatever is killed wherever, the user whom the secret names is let in: the idle one is prepared
before the move, and the one before is locked only when everything that runs has the new one.
"""

import hashlib
import secrets as dice
from collections.abc import Callable
from typing import TYPE_CHECKING

from temporalio import activity

from activities.aws.base import Ground
from activities.aws.credentials import (
    PENDING,
    Credentials,
    current_of,
    read_version,
    versions,
)
from activities.aws.failures import aws_errors
from activities.aws.secret_values import ALPHABET, login_text
from activities.aws.tenant_login import TenantLogin, login_to
from activities.aws.usage_token import CURRENT
from domain.errors import NotReady
from domain.messages import StepCall, StepOutcome
from domain.naming import database_users
from domain.specs import DatabaseSpec, SecretSpec, spec_of

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Passwords:
    """Each takes the call of the blueprint's step that makes the database."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def activities(self) -> list[Callable[..., object]]:
        return [self.prepare, self.move, self.withdraw, self.lock]

    @activity.defn(name="password.prepare")
    def prepare(self, call: StepCall) -> StepOutcome:
        """Lets the idle user in with a new password, which stands in the secret beside the current one."""
        with aws_errors() as hidden:
            login, version = login_to(self._ground, call), _version(call)
            known = versions(login.client, login.secret)
            if current_of(known) == version:
                return StepOutcome()
            before = login.current()
            if version not in known:
                self._put(call, login, version, _idle(call, before), hidden)
            # Of attempts that overlap, the one that wrote first counts.
            new = read_version(login.client, login.secret, version)
            hidden.append(new.password)
            with login.administered() as users:
                users.make_owner()
                users.let_in(new)
            if login.is_master(before):
                login.give_all_to_owner()
            _try(login, new)
        return StepOutcome()

    @activity.defn(name="password.move")
    def move(self, call: StepCall) -> StepOutcome:
        """From here on the secret names the other user. Nothing else reads the old one any more."""
        with aws_errors():
            login, version = login_to(self._ground, call), _version(call)
            current = current_of(versions(login.client, login.secret))
            if current != version:
                _try(login, read_version(login.client, login.secret, version))
                _relabel(login.client, login.secret, CURRENT, version, current)
        spec = self._ground.spec(call, DatabaseSpec)
        return StepOutcome(outputs={f"{spec.login}.version": version})

    @activity.defn(name="password.withdraw")
    def withdraw(self, call: StepCall) -> StepOutcome:
        """Undoes `prepare`, if the secret did not move; if it did, both users stay let in."""
        with aws_errors():
            login, version = login_to(self._ground, call), _version(call)
            known = versions(login.client, login.secret)
            if current_of(known) == version:
                return StepOutcome(kept=[_MOVED])
            if PENDING in known.get(version, []):
                idle = read_version(login.client, login.secret, version).user
                if idle != login.current().user:
                    with login.administered() as users:
                        users.lock_out(idle)
                # Last: without its version nobody would know again whom to lock.
                _relabel(login.client, login.secret, PENDING, None, version)
        return StepOutcome()

    @activity.defn(name="password.lock")
    def lock(self, call: StepCall) -> StepOutcome:
        """Locks the user of before, once it is sure that the one whom the secret names is let in."""
        with aws_errors() as hidden:
            login, version = login_to(self._ground, call), _version(call)
            if current_of(versions(login.client, login.secret)) != version:
                # Seen too early, it would be the new user that is locked.
                raise NotReady(f"AWS does not show yet that secret {login.secret} has moved")
            new = read_version(login.client, login.secret, version)
            hidden.append(new.password)
            _try(login, new)
            login.take_back_master()
            with login.administered() as users:
                users.lock_out(_idle(call, new))
        return StepOutcome()

    def _put(self, call: StepCall, login: TenantLogin, version: str, user: str, hidden: list[str]) -> None:
        spec = self._ground.spec(call, DatabaseSpec)
        secret = spec_of(self._ground.blueprint(call.tenant).step(str(spec.login)))
        length = secret.length if isinstance(secret, SecretSpec) else SecretSpec().length
        password = "".join(dice.choice(ALPHABET) for _ in range(length))
        hidden.append(password)
        login.client.put_secret_value(
            SecretId=login.secret,
            ClientRequestToken=version,
            SecretString=login_text(user, password),
            VersionStages=[PENDING],
        )


_MOVED = "the database's password has been changed; the one before it is locked by the next rotation"


def _version(call: StepCall) -> str:
    """The same for every attempt of one operation: a repeat makes no second password."""
    return hashlib.sha256(f"password of {call.operation_id}".encode()).hexdigest()


def _idle(call: StepCall, login: Credentials) -> str:
    first, second = database_users(call.tenant.id)
    return second if login.user == first else first


def _try(login: TenantLogin, new: Credentials) -> None:
    if not login.works(new):
        raise NotReady(f"database {login.server.instance} does not let user {new.user} in yet")


def _relabel(
    client: "SecretsManagerClient", secret: str, label: str, to: str | None, before: str | None
) -> None:
    moved = {"MoveToVersionId": to} if to else {}
    removed = {"RemoveFromVersionId": before} if before else {}
    client.update_secret_version_stage(SecretId=secret, VersionStage=label, **moved, **removed)
