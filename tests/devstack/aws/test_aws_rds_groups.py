"""Parameter groups, snapshots, automated backups and tags of RDS."""

from typing import Any

from tests.devstack.aws.support import Aws, refused, unique


def _group(aws: Aws, name: str | None = None) -> str:
    name = name or unique("pg")
    aws.rds.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily="postgres17",
        Description="a test's",
        Tags=[{"Key": "tenant", "Value": "a"}],
    )
    return name


def _set(aws: Aws, group: str, name: str, value: str, method: str = "pending-reboot") -> None:
    parameter: Any = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
    aws.rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[parameter])


def test_parameters_are_set_and_shown(aws: Aws) -> None:
    """What was set is shown as the user's; everything else is the engine's default."""
    group = _group(aws)
    _set(aws, group, "rds.logical_replication", "1")
    users = aws.rds.describe_db_parameters(DBParameterGroupName=group, Source="user")["Parameters"]
    assert [(p["ParameterName"], p["ParameterValue"]) for p in users] == [("rds.logical_replication", "1")]
    everything = aws.rds.describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    assert {p["Source"] for p in everything} == {"user", "engine-default"}


def test_groups_and_parameters_that_cannot_be(aws: Aws) -> None:
    """Taken names, unknown families and parameters, and static ones applied at once are refused."""
    group = _group(aws)
    taken = refused(
        aws.rds.create_db_parameter_group,
        DBParameterGroupName=group,
        DBParameterGroupFamily="postgres17",
        Description="x",
    )
    assert taken.code == "DBParameterGroupAlreadyExists"
    unknown_family = refused(
        aws.rds.create_db_parameter_group,
        DBParameterGroupName=unique("pg"),
        DBParameterGroupFamily="postgres7",
        Description="x",
    )
    assert unknown_family.code == "InvalidParameterValue"
    for name, value, method, code in (
        ("no.such.parameter", "1", "immediate", "InvalidParameterValue"),
        ("rds.logical_replication", "1", "immediate", "InvalidParameterCombination"),
        ("rds.logical_replication", "yes", "pending-reboot", "InvalidParameterValue"),
    ):
        refusal = refused(
            aws.rds.modify_db_parameter_group,
            DBParameterGroupName=group,
            Parameters=[{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}],
        )
        assert refusal.code == code


def test_a_group_in_use_stays(aws: Aws) -> None:
    """A group is deleted only once no instance is a member any more, not even one being deleted."""
    aws.delay(database_delete=60)
    group = _group(aws)
    name = aws.database(DBParameterGroupName=group)
    used = refused(aws.rds.delete_db_parameter_group, DBParameterGroupName=group)
    assert (used.code, used.status) == ("InvalidDBParameterGroupState", 400)
    aws.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    still_used = refused(aws.rds.delete_db_parameter_group, DBParameterGroupName=group)
    assert still_used.code == "InvalidDBParameterGroupState"
    aws.advance(61)
    aws.rds.delete_db_parameter_group(DBParameterGroupName=group)
    gone = refused(aws.rds.describe_db_parameter_groups, DBParameterGroupName=group)
    assert (gone.code, gone.status) == ("DBParameterGroupNotFound", 404)


def test_a_static_change_waits_for_a_reboot(aws: Aws) -> None:
    """An instance is out of step with its group until it is rebooted."""
    group = _group(aws)
    _set(aws, group, "rds.logical_replication", "1")
    name = aws.database(DBParameterGroupName=group)
    assert _apply_status(aws, name) == "in-sync"
    _set(aws, group, "max_connections", "300")
    assert _apply_status(aws, name) == "pending-reboot"
    aws.rds.reboot_db_instance(DBInstanceIdentifier=name)
    assert _apply_status(aws, name) == "in-sync"
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, DBParameterGroupName=_group(aws))
    assert _apply_status(aws, name) == "pending-reboot"


def _apply_status(aws: Aws, name: str) -> str:
    return str(aws.described(name)["DBParameterGroups"][0]["ParameterApplyStatus"])


def test_resetting_a_parameter(aws: Aws) -> None:
    """A reset parameter has the engine's default again."""
    group = _group(aws)
    _set(aws, group, "work_mem", "8192", "immediate")
    aws.rds.reset_db_parameter_group(
        DBParameterGroupName=group,
        Parameters=[{"ParameterName": "work_mem", "ApplyMethod": "pending-reboot"}],
    )
    users = aws.rds.describe_db_parameters(DBParameterGroupName=group, Source="user")["Parameters"]
    assert users == []


def test_default_groups_are_nobodys_to_change(aws: Aws) -> None:
    """A default group is there without being made, and cannot be deleted."""
    aws.rds.describe_db_parameter_groups(DBParameterGroupName="default.postgres17")
    refusal = refused(aws.rds.delete_db_parameter_group, DBParameterGroupName="default.postgres17")
    assert refusal.code == "InvalidParameterValue"


def test_snapshots(aws: Aws) -> None:
    """A snapshot is taken of an available instance only, once per name, and outlives it."""
    aws.delay(database_modify=30)
    name, snapshot = aws.database(), unique("snapshot")
    aws.rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=snapshot)
    shown = aws.rds.describe_db_snapshots(DBInstanceIdentifier=name)["DBSnapshots"]
    assert [(item["DBSnapshotIdentifier"], item["Status"]) for item in shown] == [(snapshot, "creating")]
    again = refused(aws.rds.create_db_snapshot, DBInstanceIdentifier=name, DBSnapshotIdentifier=snapshot)
    assert again.code == "DBSnapshotAlreadyExists"
    aws.rds.stop_db_instance(DBInstanceIdentifier=name)
    stopped = refused(
        aws.rds.create_db_snapshot, DBInstanceIdentifier=name, DBSnapshotIdentifier=unique("snapshot")
    )
    assert stopped.code == "InvalidDBInstanceState"
    aws.rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    gone = refused(aws.rds.describe_db_snapshots, DBSnapshotIdentifier=snapshot)
    assert gone.code == "DBSnapshotNotFound"


def test_automated_backups_outlive_an_instance_if_kept(aws: Aws) -> None:
    """They go with the instance, unless the deletion says to keep them; then they are deleted apart."""
    for keep, statuses in ((False, []), (True, ["retained"])):
        name = aws.database()
        aws.rds.delete_db_instance(
            DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=not keep
        )
        backups = aws.rds.describe_db_instance_automated_backups(DBInstanceIdentifier=name)[
            "DBInstanceAutomatedBackups"
        ]
        assert [backup["Status"] for backup in backups] == statuses
    resource = backups[0]["DbiResourceId"]
    aws.rds.delete_db_instance_automated_backup(DbiResourceId=resource)
    again = refused(aws.rds.delete_db_instance_automated_backup, DbiResourceId=resource)
    assert again.code == "DBInstanceAutomatedBackupNotFound"


def test_tags_by_arn(aws: Aws) -> None:
    """Instances and groups keep their tags; an ARN of nothing is refused."""
    group = _group(aws)
    pg_arn = aws.rds.describe_db_parameter_groups(DBParameterGroupName=group)["DBParameterGroups"][0][
        "DBParameterGroupArn"
    ]
    assert aws.rds.list_tags_for_resource(ResourceName=pg_arn)["TagList"] == [{"Key": "tenant", "Value": "a"}]
    arn = aws.described(aws.database())["DBInstanceArn"]
    aws.rds.add_tags_to_resource(
        ResourceName=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    aws.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    assert aws.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "b", "Value": "2"}]
    missing = refused(aws.rds.list_tags_for_resource, ResourceName=f"{arn}x")
    assert missing.code == "DBInstanceNotFound"
