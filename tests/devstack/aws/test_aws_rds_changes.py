"""ModifyDBInstance: storage that only grows, pending values, states."""

from tests.devstack.aws.support import Aws, refused


def test_a_change_is_pending_until_it_is_made(aws: Aws) -> None:
    """While `modifying`, the old values are in force and the new ones pending."""
    aws.delay(database_modify=60)
    name = aws.database()
    aws.rds.modify_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.m7g.large", ApplyImmediately=True
    )
    modifying = aws.described(name)
    assert modifying["DBInstanceStatus"] == "modifying"
    assert modifying["DBInstanceClass"] == "db.t4g.medium"
    assert modifying["PendingModifiedValues"] == {"DBInstanceClass": "db.m7g.large"}
    busy = refused(aws.rds.modify_db_instance, DBInstanceIdentifier=name, DeletionProtection=True)
    assert busy.code == "InvalidDBInstanceState"
    aws.advance(61)
    changed = aws.described(name)
    assert (changed["DBInstanceStatus"], changed["DBInstanceClass"]) == ("available", "db.m7g.large")
    assert changed["PendingModifiedValues"] == {}


def test_without_apply_immediately_a_change_waits(aws: Aws) -> None:
    """It stays pending until the next change that is applied at once."""
    name = aws.database()
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.m7g.large")
    waiting = aws.described(name)
    assert (waiting["DBInstanceStatus"], waiting["DBInstanceClass"]) == ("available", "db.t4g.medium")
    assert waiting["PendingModifiedValues"] == {"DBInstanceClass": "db.m7g.large"}
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, MultiAZ=True, ApplyImmediately=True)
    changed = aws.described(name)
    assert (changed["DBInstanceClass"], changed["MultiAZ"]) == ("db.m7g.large", True)


def test_storage_never_shrinks(aws: Aws) -> None:
    """A smaller size is refused, and nothing of the same call takes effect."""
    name = aws.database(AllocatedStorage=50)
    refusal = refused(
        aws.rds.modify_db_instance,
        DBInstanceIdentifier=name,
        AllocatedStorage=40,
        DBInstanceClass="db.m7g.large",
        ApplyImmediately=True,
    )
    assert refusal.code == "InvalidParameterCombination"
    kept = aws.described(name)
    assert (kept["AllocatedStorage"], kept["DBInstanceClass"]) == (50, "db.t4g.medium")


def test_storage_rests_for_six_hours(aws: Aws) -> None:
    """A second change of storage within 6 hours is refused; of the class it is not."""
    name = aws.database()
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, AllocatedStorage=40, ApplyImmediately=True)
    assert aws.described(name)["AllocatedStorage"] == 40
    aws.advance(6 * 3600 - 60)
    early = refused(
        aws.rds.modify_db_instance, DBInstanceIdentifier=name, AllocatedStorage=60, ApplyImmediately=True
    )
    assert early.code == "InvalidParameterCombination"
    assert "previous storage change is being optimized" in early.message
    aws.rds.modify_db_instance(
        DBInstanceIdentifier=name, AllocatedStorage=40, DBInstanceClass="db.m7g.large", ApplyImmediately=True
    )
    aws.advance(120)
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, AllocatedStorage=60, ApplyImmediately=True)
    assert aws.described(name)["AllocatedStorage"] == 60


def test_small_growth_is_rounded_up(aws: Aws) -> None:
    """Storage grows by at least a tenth."""
    name = aws.database(AllocatedStorage=100)
    aws.rds.modify_db_instance(DBInstanceIdentifier=name, AllocatedStorage=101, ApplyImmediately=True)
    assert aws.described(name)["AllocatedStorage"] == 110


def test_a_stopped_instance_is_not_modified(aws: Aws) -> None:
    """AWS changes nothing of an instance that is stopped."""
    name = aws.database()
    aws.rds.stop_db_instance(DBInstanceIdentifier=name)
    refusal = refused(aws.rds.modify_db_instance, DBInstanceIdentifier=name, BackupRetentionPeriod=3)
    assert refusal.code == "InvalidDBInstanceState"


def test_unknown_classes_are_refused_in_a_change(aws: Aws) -> None:
    """A change to a class that is not sold is refused like a creation."""
    name = aws.database()
    refusal = refused(
        aws.rds.modify_db_instance,
        DBInstanceIdentifier=name,
        DBInstanceClass="db.none.large",
        ApplyImmediately=True,
    )
    assert refusal.code == "InvalidParameterValue"
    assert aws.described(name)["PendingModifiedValues"] == {}


def test_engine_versions_only_rise(aws: Aws) -> None:
    """A downgrade is refused, and a new major version needs a word of consent."""
    name = aws.database(EngineVersion="16")
    for version in ("15", "17"):
        refusal = refused(
            aws.rds.modify_db_instance,
            DBInstanceIdentifier=name,
            EngineVersion=version,
            ApplyImmediately=True,
        )
        assert refusal.code == "InvalidParameterCombination"


def test_values_that_need_no_downtime_change_at_once(aws: Aws) -> None:
    """Protection, backups and security groups change without leaving `available`."""
    aws.delay(database_modify=60)
    name = aws.database()
    aws.rds.modify_db_instance(
        DBInstanceIdentifier=name,
        DeletionProtection=True,
        BackupRetentionPeriod=9,
        VpcSecurityGroupIds=["sg-9"],
    )
    shown = aws.described(name)
    assert (shown["DBInstanceStatus"], shown["BackupRetentionPeriod"]) == ("available", 9)
    assert shown["DeletionProtection"] is True
    assert [group["VpcSecurityGroupId"] for group in shown["VpcSecurityGroups"]] == ["sg-9"]
