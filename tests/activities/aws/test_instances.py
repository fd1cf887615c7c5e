"""How RDS instances are read. Answers are made up where the AWS front never gets: failed, half changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from activities.aws.database_removal import remove_instance
from activities.aws.instances import instance_of
from domain.errors import PermanentError
from domain.messages import StepCall
from domain.sizing import DatabaseSize
from tests.activities.aws.subject import Subject

WANTED = DatabaseSize(instance_class="db.t4g.large", storage_gib=40)
MODIFYING: dict[str, Any] = {"DBInstanceClass": "db.t4g.large"}


def described(**fields: Any) -> Any:
    return {
        "DBInstanceIdentifier": "name",
        "DBInstanceArn": "arn:aws:rds:us-east-1:123456789012:db:name",
        "DBInstanceStatus": "available",
        "DBInstanceClass": "db.t4g.large",
        "AllocatedStorage": 40,
        "Endpoint": {"Address": "host", "Port": 5432},
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ""),
        ({"DBInstanceStatus": "backing-up"}, ""),
        ({"DBInstanceStatus": "storage-optimization"}, ""),
        ({"DBInstanceStatus": "creating", "Endpoint": {}}, "creating"),
        ({"DBInstanceStatus": "modifying"}, "modifying"),
        ({"DBInstanceStatus": "rebooting"}, "rebooting"),
        ({"DBInstanceClass": "db.t4g.small", "PendingModifiedValues": MODIFYING}, "about to be changed"),
        ({"PendingModifiedValues": {"AllocatedStorage": 40}}, "about to be changed"),
        ({"PendingModifiedValues": {"MasterUserPassword": "****"}}, ""),
        ({"DBInstanceClass": "db.t4g.small"}, "still of class db.t4g.small"),
        ({"Endpoint": {}}, "no address"),
    ],
)
def test_what_is_waited_for(fields: dict[str, Any], expected: str) -> None:
    """Usable means reachable, with every accepted change done; RDS says `available` before it begins one."""
    waiting_for = instance_of(described(**fields)).waiting_for(WANTED)
    assert (expected in waiting_for) if expected else waiting_for == ""


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        ("available", False),
        ("modifying", False),
        ("stopped", False),
        ("failed", True),
        ("storage-full", True),
        ("incompatible-parameters", True),
        ("inaccessible-encryption-credentials-recoverable", True),
    ],
)
def test_which_states_are_final(status: str, failed: bool) -> None:
    """A state that no waiting mends ends the step; others are waited out."""
    assert instance_of(described(DBInstanceStatus=status)).failed is failed


def test_a_change_under_way_counts_as_done_when_the_next_is_decided() -> None:
    """Class and storage are those to come, or each retry would ask for the same change again."""
    instance = instance_of(
        described(
            DBInstanceClass="db.t4g.small",
            AllocatedStorage=20,
            PendingModifiedValues={**MODIFYING, "AllocatedStorage": 40},
        )
    )
    assert (instance.instance_class, instance.storage_gib) == ("db.t4g.large", 40)


def test_a_failed_database_is_not_deleted_without_its_last_snapshot(begun: Callable[..., Subject]) -> None:
    """RDS can take no snapshot of it, so a person decides; nothing is called that deletes."""
    subject = begun()
    call = StepCall(
        tenant=subject.tenant, operation_id=subject.operation_id, step="database", final_snapshot=True
    )
    tags = [{"Key": key, "Value": value} for key, value in subject.tags("database").items()]
    client = boto3.client("rds", region_name="us-east-1")
    with Stubber(client) as stub:
        answer = {"DBInstances": [described(DBInstanceStatus="failed", TagList=tags)]}
        stub.add_response("describe_db_instances", answer)
        with pytest.raises(PermanentError, match="no final snapshot"):
            remove_instance(client, call, subject.row("database"), timedelta)
        stub.assert_no_pending_responses()
