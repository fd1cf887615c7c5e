"""Rotating the password of a tenant's database: whatever happens, the current secret lets the tenant in."""

import json
import logging
import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from activities.aws.base import Ground
from activities.aws.clients import Clients
from activities.aws.database_users import DatabaseUsers
from activities.aws.secret import Secrets
from domain.errors import AccessDenied, NotReady, Unavailable
from domain.messages import DriftKind, StepCall
from domain.naming import database_name, database_owner, database_users, new_operation_id
from tests import logins
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

SECRET, MASTER = "database-password", "database-admin"
STEPS = (MASTER, SECRET, "database-parameters", "database")

pytestmark = pytest.mark.skipif("AWS_ENDPOINT_URL" in os.environ, reason="no database can be reached there")


@pytest.fixture
def subject(begun: Callable[..., Subject]) -> Subject:
    """A tenant that has a database and logs in to it."""
    one = begun()
    one.build(*STEPS)
    return one


def secret_of(subject: Subject, step: str = SECRET, **which: str) -> dict[str, str]:
    return logins.secret(subject.aws("secretsmanager"), subject.name(step), **which)


def instance_of(subject: Subject) -> dict[str, Any]:
    found = subject.aws("rds").describe_db_instances(DBInstanceIdentifier=subject.name("database"))
    instance: dict[str, Any] = found["DBInstances"][0]
    return instance


def connected(subject: Subject, login: dict[str, str]) -> psycopg.Connection[tuple[Any, ...]]:
    return logins.connected(instance_of(subject), login)


def acts_as(subject: Subject, login: dict[str, str]) -> str:
    return logins.acts_as(instance_of(subject), login)


def is_refused(subject: Subject, login: dict[str, str]) -> bool:
    return logins.is_refused(instance_of(subject), login)


def rotated(subject: Subject) -> None:
    operation = new_operation_id()
    for verb in ("prepare", "move", "lock"):
        subject.rotate(verb, operation)


def test_users_take_turns_and_the_one_before_is_locked(subject: Subject) -> None:
    """Each rotation moves to the other user with a new password; what pods make belongs to both."""
    owner, (first, second) = database_owner(subject.tenant.id), database_users(subject.tenant.id)
    given = [secret_of(subject)]
    with connected(subject, given[0]) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    for _ in range(2):
        rotated(subject)
        given.append(secret_of(subject))
        with connected(subject, given[-1]) as connection:
            connection.execute("INSERT INTO kept VALUES (1)")
    assert [login["username"] for login in given] == [first, second, first]
    assert len({login["password"] for login in given}) == 3
    assert acts_as(subject, given[2]) == owner
    assert is_refused(subject, given[0])
    assert is_refused(subject, given[1])


def test_a_tenants_user_administers_nothing(subject: Subject) -> None:
    """Who stole the password of a pod cannot make himself a user that outlives the rotation."""
    with connected(subject, secret_of(subject)) as connection:
        for statement in ("CREATE ROLE thief LOGIN", f"SET ROLE {database_name(subject.tenant.id)}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_old_user_works_until_it_is_locked_and_then_loses_its_sessions(subject: Subject) -> None:
    """Pods that still run with the old password are not cut off before everything has the new one."""
    operation, old = new_operation_id(), secret_of(subject)
    subject.rotate("prepare", operation)
    assert secret_of(subject) == old
    version = subject.rotate("move", operation).outputs[f"{SECRET}.version"]
    assert secret_of(subject, VersionId=version) == secret_of(subject) != old
    with connected(subject, old) as session:
        session.execute("SELECT 1")
        subject.rotate("lock", operation)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert is_refused(subject, old)
    assert acts_as(subject, secret_of(subject)) == database_owner(subject.tenant.id)


LOST = [
    ("prepare", "GetSecretValue"),
    ("prepare", "PutSecretValue"),
    ("move", "UpdateSecretVersionStage"),
    ("lock", "DescribeSecret"),
]


def test_a_lost_answer_makes_no_second_password(subject: Subject, faults: Faults) -> None:
    """Whichever answer of AWS is lost, the current secret lets in, and a repeat ends with one new version."""
    for lost in LOST:
        operation = new_operation_id()
        for verb in ("prepare", "move", "lock"):
            if verb == lost[0]:
                faults.drop_answer(lost[1], subject.name(SECRET))
                with pytest.raises(Unavailable):
                    subject.rotate(verb, operation)
                assert acts_as(subject, secret_of(subject)) == database_owner(subject.tenant.id)
            before = secret_of(subject)
            subject.rotate(verb, operation)
            assert secret_of(subject) == before or verb == "move"
    known = subject.aws("secretsmanager").describe_secret(SecretId=subject.name(SECRET))
    assert len(known["VersionIdsToStages"]) == 1 + len(LOST)
    assert faults.taken() == len(LOST)


class Killed(Exception):
    """The worker is gone in the middle of an activity."""


def test_killed_between_any_two_statements(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current secret lets the tenant in wherever the worker dies, and the next attempt ends well."""
    run, survives, left = DatabaseUsers._run, 0, 0

    def dying(users: DatabaseUsers, statement: str, *names: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        run(users, statement, *names)

    died = True
    while died:
        operation, died = new_operation_id(), False
        left = survives
        for verb in ("prepare", "move", "lock"):
            with monkeypatch.context() as patched:
                patched.setattr(DatabaseUsers, "_run", dying)
                try:
                    subject.rotate(verb, operation)
                except Killed:
                    died = True
            assert acts_as(subject, secret_of(subject)) == database_owner(subject.tenant.id)
            if died:
                subject.rotate(verb, operation)
                left = 1000
        survives += 1
    assert survives > 6


def test_before_the_move_all_of_it_is_undone(subject: Subject) -> None:
    """The idle user is locked again and the pending version dropped; again is no change."""
    operation, before = new_operation_id(), secret_of(subject)
    subject.rotate("withdraw", operation)
    subject.rotate("prepare", operation)
    prepared = secret_of(subject, VersionStage="AWSPENDING")
    assert not is_refused(subject, prepared)
    for _ in range(2):
        assert subject.rotate("withdraw", operation).kept == []
    assert is_refused(subject, prepared)
    assert secret_of(subject) == before
    assert acts_as(subject, before) == database_owner(subject.tenant.id)
    rotated(subject)
    assert is_refused(subject, before)


def test_after_the_move_nothing_is_taken_back(subject: Subject) -> None:
    """An undo that comes too late says so and leaves both users in."""
    operation, before = new_operation_id(), secret_of(subject)
    subject.rotate("prepare", operation)
    subject.rotate("move", operation)
    (kept,) = subject.rotate("withdraw", operation).kept
    assert "has been changed" in kept
    assert not is_refused(subject, secret_of(subject))
    assert not is_refused(subject, before)


def test_nobody_is_locked_before_the_move_is_seen(subject: Subject) -> None:
    """Where AWS still shows the old version, the lock waits: it would hit the wrong user."""
    operation, before = new_operation_id(), secret_of(subject)
    subject.rotate("prepare", operation)
    with pytest.raises(NotReady, match="has moved"):
        subject.rotate("lock", operation)
    assert not is_refused(subject, before)


def test_a_tenant_that_logged_in_as_master_gets_users_of_its_own(subject: Subject) -> None:
    """Its first rotation gives what it made to the owner and takes the master password from it."""
    master = secret_of(subject, MASTER)
    old = {"username": database_name(subject.tenant.id), "password": "known-to-its-pods"}
    with connected(subject, master) as connection:
        connection.execute("ALTER ROLE CURRENT_USER PASSWORD 'known-to-its-pods'")
        connection.execute("CREATE TABLE theirs AS SELECT 1 AS id")
    subject.aws("secretsmanager").put_secret_value(
        SecretId=subject.name(SECRET), SecretString=json.dumps(old)
    )
    subject.ensure("database")
    rotated(subject)
    with connected(subject, secret_of(subject)) as connection:
        connection.execute("ALTER TABLE theirs ADD more int")
    assert is_refused(subject, old)
    assert not is_refused(subject, master)


def test_a_master_secret_that_was_never_made_is_only_missing(begun: Callable[..., Subject]) -> None:
    """A tenant from before it gets one by a repair; once made, nothing is made in its place."""
    subject = begun()
    world = subject.world
    ground = Ground(world.settings, world.catalog, world.inventory, Clients(world.settings))
    call = StepCall(tenant=subject.tenant, operation_id=subject.operation_id, step=MASTER)
    (missing,) = Secrets(ground).observe(call)
    subject.ensure(MASTER)
    subject.aws("secretsmanager").delete_secret(
        SecretId=subject.name(MASTER), ForceDeleteWithoutRecovery=True
    )
    (lost,) = Secrets(ground).observe(call)
    assert (missing.what, missing.replaceable) == (DriftKind.MISSING, True)
    assert lost.what is DriftKind.LOST


def test_ensuring_the_database_lets_the_tenant_in_again(subject: Subject) -> None:
    """Where somebody locked the user whom the secret names, a repair opens it."""
    user = secret_of(subject)["username"]
    with connected(subject, secret_of(subject, MASTER)) as connection:
        connection.execute(f"ALTER ROLE {user} NOLOGIN")
    subject.ensure("database")
    assert not is_refused(subject, secret_of(subject))


def test_a_master_password_that_nobody_knows_is_told(subject: Subject) -> None:
    """Nothing is guessed or reset: a person is told which secret and which database do not fit."""
    with connected(subject, secret_of(subject, MASTER)) as connection:
        connection.execute("ALTER ROLE CURRENT_USER PASSWORD 'set-by-hand'")
    before = secret_of(subject)
    with pytest.raises(AccessDenied, match=f"refuses the password that secret {subject.name(MASTER)} holds"):
        subject.rotate("prepare", new_operation_id())
    assert not is_refused(subject, before)


def test_no_password_leaves_the_activities(subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    """Outcomes and a debug log hold none of the passwords."""
    operation = new_operation_id()
    with caplog.at_level(logging.DEBUG):
        passwords = {secret_of(subject, MASTER)["password"], secret_of(subject)["password"]}
        outcomes = [subject.rotate(verb, operation) for verb in ("prepare", "move", "lock")]
        passwords.add(secret_of(subject)["password"])
    told = [*map(repr, outcomes), *(record.getMessage() for record in caplog.records)]
    assert not [text for text in told if any(password in text for password in passwords)]
