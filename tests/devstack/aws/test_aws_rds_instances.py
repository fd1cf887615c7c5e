"""DB instances: their life, and what AWS refuses on the way."""

from typing import Any

import pytest

from tests.devstack.aws.support import Aws, refused, unique


def test_an_instance_becomes_available_after_the_delay(aws: Aws) -> None:
    """It is `creating`, without an endpoint, until the delay is over by the front's clock."""
    aws.delay(database=300)
    name = aws.database()
    creating = aws.described(name)
    assert creating["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in creating
    aws.advance(299)
    assert aws.described(name)["DBInstanceStatus"] == "creating"
    aws.advance(2)
    available = aws.described(name)
    assert available["DBInstanceStatus"] == "available"
    assert available["Endpoint"]["Port"] > 0


def test_a_deleted_instance_goes_away_after_the_delay(aws: Aws) -> None:
    """It is `deleting` until the delay is over, then unknown."""
    aws.delay(database_delete=120)
    name = aws.database()
    aws.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert aws.described(name)["DBInstanceStatus"] == "deleting"
    again = refused(aws.rds.delete_db_instance, DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert again.code == "InvalidDBInstanceState"
    aws.advance(121)
    gone = refused(aws.rds.describe_db_instances, DBInstanceIdentifier=name)
    assert (gone.code, gone.status) == ("DBInstanceNotFound", 404)
    aws.database(name)


def test_what_was_asked_for_is_described(aws: Aws) -> None:
    """Values and tags of the creation come back, with AWS's defaults beside them."""
    name = aws.database(
        DBInstanceClass="db.r7g.large",
        AllocatedStorage=50,
        EngineVersion="16",
        StorageEncrypted=True,
        PubliclyAccessible=False,
        VpcSecurityGroupIds=["sg-1"],
        BackupRetentionPeriod=7,
        Tags=[{"Key": "tenant", "Value": "a"}],
    )
    shown = aws.described(name)
    assert (shown["DBInstanceClass"], shown["AllocatedStorage"]) == ("db.r7g.large", 50)
    assert shown["EngineVersion"].startswith("16.")
    assert shown["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres16"
    assert shown["TagList"] == [{"Key": "tenant", "Value": "a"}]
    assert [group["VpcSecurityGroupId"] for group in shown["VpcSecurityGroups"]] == ["sg-1"]
    assert (shown["StorageEncrypted"], shown["PubliclyAccessible"]) == (True, False)
    assert (shown["BackupRetentionPeriod"], shown["DeletionProtection"]) == (7, False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DBInstanceClass": "db.mega.large"}, "InvalidParameterValue"),
        ({"DBInstanceClass": "db.m5.large"}, "InvalidParameterCombination"),
        ({"AllocatedStorage": 5}, "InvalidParameterCombination"),
        ({"EngineVersion": "99"}, "InvalidParameterCombination"),
        ({"Engine": "mysql"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "no/slash/here"}, "InvalidParameterValue"),
        ({"MasterUsername": "rdsadmin"}, "InvalidParameterValue"),
        ({"DBName": "no-hyphen"}, "InvalidParameterValue"),
        ({"DBInstanceIdentifier": "double--hyphen"}, "InvalidParameterValue"),
        ({"DBParameterGroupName": "nowhere"}, "DBParameterGroupNotFound"),
        ({"DBParameterGroupName": "default.postgres14"}, "InvalidParameterCombination"),
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
    ],
)
def test_an_impossible_instance_is_refused(aws: Aws, changes: dict[str, Any], code: str) -> None:
    """AWS refuses it before anything is made, and the name stays free."""
    name = unique("db")
    assert refused(aws.database, name=name, **changes).code == code
    assert refused(aws.rds.describe_db_instances, DBInstanceIdentifier=name).code == "DBInstanceNotFound"


def test_a_class_can_run_out(aws: Aws) -> None:
    """A class without capacity is refused for creation, growth and start, and only that class."""
    name = aws.database()
    aws.rds.stop_db_instance(DBInstanceIdentifier=name)
    other = aws.database(DBInstanceClass="db.t4g.small")
    aws.control("PUT", "capacity", {"insufficient": ["db.t4g.medium"]})
    refusals = (
        refused(aws.database),
        refused(aws.rds.start_db_instance, DBInstanceIdentifier=name),
        refused(
            aws.rds.modify_db_instance,
            DBInstanceIdentifier=other,
            DBInstanceClass="db.t4g.medium",
            ApplyImmediately=True,
        ),
    )
    assert {refusal.code for refusal in refusals} == {"InsufficientDBInstanceCapacity"}
    aws.database(DBInstanceClass="db.t4g.large")


def test_names_are_taken_once_in_any_case(aws: Aws) -> None:
    """A second instance of the same name is refused, however it is written."""
    name = aws.database()
    again = refused(aws.database, name=name.upper())
    assert (again.code, again.status) == ("DBInstanceAlreadyExists", 400)


def test_subnet_groups_exist_by_configuration(aws: Aws) -> None:
    """Where a region's groups are configured, others are unknown."""
    ireland = aws.elsewhere("eu-west-1")
    name = ireland.database(DBSubnetGroupName="cell-b")
    assert ireland.described(name)["DBSubnetGroup"]["DBSubnetGroupName"] == "cell-b"
    unknown = refused(ireland.database, DBSubnetGroupName="cell-z")
    assert unknown.code == "DBSubnetGroupNotFoundFault"
    assert refused(ireland.rds.describe_db_subnet_groups, DBSubnetGroupName="cell-z").status == 404
    listed = ireland.rds.describe_db_subnet_groups()["DBSubnetGroups"]
    assert [group["DBSubnetGroupName"] for group in listed] == ["cell-b"]


def test_deletion_protection_holds(aws: Aws) -> None:
    """A protected instance is not deleted until the protection is taken off."""
    name = aws.database(DeletionProtection=True)
    refusal = refused(aws.rds.delete_db_instance, DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert refusal.code == "InvalidParameterCombination"
    assert "disable deletion protection" in refusal.message
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
    aws.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def test_deleting_wants_a_word_about_the_final_snapshot(aws: Aws) -> None:
    """Either a snapshot is named or skipping it is said; the named one outlives the instance."""
    name, snapshot = aws.database(), unique("final")
    silent = refused(aws.rds.delete_db_instance, DBInstanceIdentifier=name)
    both = refused(
        aws.rds.delete_db_instance,
        DBInstanceIdentifier=name,
        SkipFinalSnapshot=True,
        FinalDBSnapshotIdentifier=snapshot,
    )
    assert silent.code == both.code == "InvalidParameterCombination"
    aws.rds.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=snapshot)
    kept = aws.rds.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"][0]
    assert (kept["DBInstanceIdentifier"], kept["Status"]) == (name, "available")


def test_stopping_and_starting(aws: Aws) -> None:
    """Both take their time, and are refused in the wrong state."""
    aws.delay(database_modify=60)
    name = aws.database()
    assert refused(aws.rds.start_db_instance, DBInstanceIdentifier=name).code == "InvalidDBInstanceState"
    aws.rds.stop_db_instance(DBInstanceIdentifier=name)
    assert aws.described(name)["DBInstanceStatus"] == "stopping"
    aws.advance(61)
    stopped = aws.described(name)
    assert (stopped["DBInstanceStatus"], "AutomaticRestartTime" in stopped) == ("stopped", True)
    assert refused(aws.rds.stop_db_instance, DBInstanceIdentifier=name).code == "InvalidDBInstanceState"
    aws.rds.start_db_instance(DBInstanceIdentifier=name)
    assert aws.described(name)["DBInstanceStatus"] == "starting"
    aws.advance(61)
    assert aws.described(name)["DBInstanceStatus"] == "available"


def test_a_stopped_instance_starts_again_after_seven_days(aws: Aws) -> None:
    """AWS leaves no instance stopped for longer than a week."""
    name = aws.database()
    aws.rds.stop_db_instance(DBInstanceIdentifier=name)
    aws.advance(6.9 * 86_400)
    assert aws.described(name)["DBInstanceStatus"] == "stopped"
    aws.advance(0.2 * 86_400)
    assert aws.described(name)["DBInstanceStatus"] == "available"


def test_regions_are_apart(aws: Aws) -> None:
    """The same name is another instance in another region."""
    name = aws.database()
    west = aws.elsewhere("us-west-2")
    assert refused(west.rds.describe_db_instances, DBInstanceIdentifier=name).code == "DBInstanceNotFound"
    west.database(name, DBName=unique("d").replace("-", "_"), MasterUsername=unique("u").replace("-", "_"))
    assert ":us-west-2:" in west.described(name)["DBInstanceArn"]


def test_listing_pages_and_filters(aws: Aws) -> None:
    """A listing comes in pages, and shows only what the filter asks for."""
    region = aws.elsewhere("ap-south-1")
    names = sorted(region.database() for _ in range(3))
    pages = region.rds.get_paginator("describe_db_instances").paginate(PaginationConfig={"PageSize": 20})
    assert sorted(item["DBInstanceIdentifier"] for page in pages for item in page["DBInstances"]) == names
    short = region.rds.describe_db_instances(MaxRecords=2)
    rest = region.rds.describe_db_instances(MaxRecords=2, Marker=short["Marker"])
    assert (len(short["DBInstances"]), len(rest["DBInstances"])) == (2, 1)
    one = region.rds.describe_db_instances(Filters=[{"Name": "db-instance-id", "Values": [names[0]]}])
    assert [item["DBInstanceIdentifier"] for item in one["DBInstances"]] == [names[0]]
