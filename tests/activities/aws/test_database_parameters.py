"""RDS parameter groups."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.errors import InvalidSpec, OwnershipConflict, Unavailable
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

STEP = "database-parameters"


def group_of(subject: Subject) -> dict[str, Any]:
    rds, name = subject.aws("rds"), subject.name(STEP)
    group = rds.describe_db_parameter_groups(DBParameterGroupName=name)["DBParameterGroups"][0]
    changed = rds.describe_db_parameters(DBParameterGroupName=name, Source="user")["Parameters"]
    tags = rds.list_tags_for_resource(ResourceName=group["DBParameterGroupArn"])["TagList"]
    return {
        "group": group,
        "parameters": {one["ParameterName"]: one["ParameterValue"] for one in changed},
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
    }


def make_foreign(subject: Subject) -> None:
    subject.aws("rds").create_db_parameter_group(
        DBParameterGroupName=subject.name(STEP), DBParameterGroupFamily="postgres15", Description="theirs"
    )


def test_a_group_has_the_blueprints_parameters_and_is_ours(subject: Subject) -> None:
    """A new group has the family and parameters of the blueprint and bears our tags."""
    subject.ensure(STEP)
    found = group_of(subject)
    assert found["group"]["DBParameterGroupFamily"] == "postgres16"
    assert found["parameters"] == {"rds.logical_replication": "1", "rds.force_ssl": "1"}
    assert found["tags"] == subject.tags(STEP)
    assert subject.row(STEP).provider_id == found["group"]["DBParameterGroupArn"]


def test_ensure_twice_is_ensure_once_and_corrects_drift(subject: Subject) -> None:
    """A second run answers the same and brings back a parameter that was changed by hand."""
    first = subject.ensure(STEP)
    before = group_of(subject)
    subject.aws("rds").modify_db_parameter_group(
        DBParameterGroupName=subject.name(STEP),
        Parameters=[
            {
                "ParameterName": "rds.logical_replication",
                "ParameterValue": "0",
                "ApplyMethod": "pending-reboot",
            }
        ],
    )
    assert subject.ensure(STEP) == first
    assert group_of(subject) == before


@pytest.mark.parametrize("operation", ["CreateDBParameterGroup", "ModifyDBParameterGroup"])
def test_a_lost_answer_is_made_good_by_the_next_run(subject: Subject, faults: Faults, operation: str) -> None:
    """After a lost answer the next run completes the same group."""
    faults.drop_answer(operation, subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    subject.ensure(STEP)
    assert faults.taken() == 1
    assert len(group_of(subject)["parameters"]) == 2


def test_a_foreign_group_is_left_untouched(subject: Subject) -> None:
    """A group under our name without our tags keeps its family and parameters."""
    make_foreign(subject)
    before = group_of(subject)
    with pytest.raises(OwnershipConflict):
        subject.ensure(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert group_of(subject) == before


def test_another_family_is_refused_in_words(subject: Subject) -> None:
    """RDS cannot change a group's family, so a blueprint that asks for it is told so."""
    tags = [{"Key": key, "Value": value} for key, value in subject.tags(STEP).items()]
    subject.aws("rds").create_db_parameter_group(
        DBParameterGroupName=subject.name(STEP),
        DBParameterGroupFamily="postgres15",
        Description="older",
        Tags=tags,
    )
    with pytest.raises(InvalidSpec, match="postgres15"):
        subject.ensure(STEP)


def test_remove_is_repeatable(subject: Subject, faults: Faults) -> None:
    """Removal survives a lost answer, and is a success again."""
    subject.ensure(STEP)
    faults.drop_answer("DeleteDBParameterGroup", subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove(STEP)
    subject.remove(STEP)
    with pytest.raises(ClientError, match="DBParameterGroupNotFound"):
        group_of(subject)
    assert subject.verify().survivors == []
    assert "DBParameterGroupNotFound" in subject.proof(STEP)


def test_a_group_in_use_is_removed_once_its_database_is_gone(subject: Subject) -> None:
    """While a database uses the group its removal is worth another try."""
    subject.build("database-admin", "database-password", STEP, "database")
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove("database")
    subject.remove(STEP)
    subject.remove("database-password")
    subject.remove("database-admin")
    assert subject.verify().survivors == []
