"""Support access in AWS: a session for one tenant's things, that nothing has to end."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from domain.errors import NotPossibleNow
from domain.messages.access import AccessPlan, CredentialsCall
from domain.naming import database_name
from domain.support import AccessMode
from runtime.sealed_box import Receiver
from tests.activities.aws.subject import Subject

GRANT = f"ag{'1' * 18}"


def issued(subject: Subject, *, mode: AccessMode = AccessMode.READ, left: timedelta) -> dict[str, Any]:
    """What the requester opens; `left` is the rest of the access."""
    receiver = Receiver.new()
    call = CredentialsCall(
        plan=AccessPlan(grant_id=GRANT, tenant=subject.tenant, mode=mode, slot=1),
        ends_at=datetime.now(UTC) + left,
        public_key=receiver.public_key,
        requested_by="oidc:somebody|else",
    )
    sealed = subject.world.activities["aws.issue_access"](call)
    found: dict[str, Any] = json.loads(receiver.open(sealed.sealed, f"aws {GRANT}"))
    assert datetime.fromisoformat(found["expires_at"]) == sealed.expires_at
    return found


def client(subject: Subject, session: dict[str, Any], service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service,
        region_name=session["region"],
        endpoint_url=subject.world.settings.aws_endpoint_url,
        aws_access_key_id=session["access_key_id"],
        aws_secret_access_key=session["secret_access_key"],
        aws_session_token=session["session_token"],
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def refused(operation: Callable[..., Any], **arguments: Any) -> bool:
    with pytest.raises(ClientError) as error:
        operation(**arguments)
    return "AccessDenied" in error.value.response["Error"]["Code"]


@pytest.fixture
def later(aws_url: str) -> Iterator[Callable[[float], None]]:
    """Moves AWS's clock on; it is put back after the test."""

    def move(seconds: float) -> None:
        httpx.put(f"{aws_url}/_devstack/clock", json={"advance_seconds": seconds}).raise_for_status()

    yield move
    now = datetime.now(UTC).isoformat()
    httpx.put(f"{aws_url}/_devstack/clock", json={"now": now}).raise_for_status()


def test_a_session_reads_one_tenants_things(begun: Callable[..., Subject]) -> None:
    """Its bucket and its database; nothing of another tenant, no secret, and it changes nothing."""
    own, other = begun(), begun()
    for subject in (own, other):
        subject.build("recordings", "database-password")
        subject.aws("s3").put_object(Bucket=subject.name("recordings"), Key="a/b", Body=b"x")
    session = issued(own, left=timedelta(hours=1))
    s3, bucket, foreign = client(own, session, "s3"), own.name("recordings"), other.name("recordings")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert s3.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"x"
    assert refused(s3.list_objects_v2, Bucket=foreign)
    assert refused(s3.get_object, Bucket=foreign, Key="a/b")
    assert refused(s3.put_object, Bucket=bucket, Key="a/b", Body=b"y")
    secrets = client(own, session, "secretsmanager")
    assert refused(secrets.get_secret_value, SecretId=own.name("database-password"))


@pytest.mark.parametrize("mode", AccessMode)
def test_databases_are_looked_at_and_with_write_restarted(
    begun: Callable[..., Subject], mode: AccessMode
) -> None:
    """The tenant's own; to restart one takes write access."""
    own, other = begun(), begun()
    for subject in (own, other):
        subject.aws("rds").create_db_instance(
            DBInstanceIdentifier=subject.name("database"),
            DBInstanceClass="db.t4g.medium",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername=database_name(subject.tenant.id),
            MasterUserPassword="first-password",
        )
    rds = client(own, issued(own, mode=mode, left=timedelta(hours=1)), "rds")
    found = rds.describe_db_instances(DBInstanceIdentifier=own.name("database"))["DBInstances"]
    assert [one["DBInstanceIdentifier"] for one in found] == [own.name("database")]
    assert refused(rds.describe_db_instances, DBInstanceIdentifier=other.name("database"))
    assert refused(rds.reboot_db_instance, DBInstanceIdentifier=other.name("database"))
    if mode is AccessMode.WRITE:
        rds.reboot_db_instance(DBInstanceIdentifier=own.name("database"))
    else:
        assert refused(rds.reboot_db_instance, DBInstanceIdentifier=own.name("database"))
    for subject in (own, other):
        subject.aws("rds").delete_db_instance(
            DBInstanceIdentifier=subject.name("database"), SkipFinalSnapshot=True
        )


def test_a_session_dies_though_no_worker_runs(subject: Subject, later: Callable[[float], None]) -> None:
    """A quarter of an hour after it began, also of an access that lasts longer; nobody has to do anything."""
    subject.build("recordings")
    session = issued(subject, left=timedelta(hours=8))
    life = datetime.fromisoformat(session["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < life <= timedelta(minutes=15)
    s3 = client(subject, session, "s3")
    s3.list_objects_v2(Bucket=subject.name("recordings"))
    later(901)
    with pytest.raises(ClientError, match="ExpiredToken"):
        s3.list_objects_v2(Bucket=subject.name("recordings"))


@pytest.mark.parametrize(("left", "ahead"), [(899, 0), (901, 60)])
def test_too_short_a_rest_gives_no_session(
    subject: Subject, later: Callable[[float], None], left: int, ahead: int
) -> None:
    """None that would outlive the access: neither by our clock nor by AWS's."""
    later(ahead)
    with pytest.raises(NotPossibleNow, match="less than 15 minutes"):
        issued(subject, left=timedelta(seconds=left))


def test_an_installation_without_the_roles_says_so(subject: Subject) -> None:
    """What is missing is named, to whoever asked."""
    tenant = subject.tenant.model_copy(update={"install": "nowhere"})
    call = CredentialsCall(
        plan=AccessPlan(grant_id=GRANT, tenant=tenant, mode=AccessMode.READ, slot=1),
        ends_at=datetime.now(UTC) + timedelta(hours=1),
        public_key=Receiver.new().public_key,
    )
    with pytest.raises(NotPossibleNow, match="does not let workers take the role nowhere-support-read"):
        subject.world.activities["aws.issue_access"](call)
