"""A tenant's data or password is gone: no operation but a repair with consent makes an empty one of it."""

from typing import Any

import pytest

from tests import logins
from tests.workflows.faults import STEP
from tests.workflows.losses import lose, recover
from tests.workflows.stage import Json, Stage
from tests.workflows.standing import intervene, path, stuck


async def test_a_scale_without_its_database_waits_until_it_is_brought_back(stage: Stage) -> None:
    """Neither the scale nor its undo makes an empty database; restored and tried again, the undo ends."""
    tenant = await stage.active(users=50)
    delete_database(stage, tenant)
    scale = await stage.ask("PATCH", path(tenant), {"users": 120})
    stop = await stuck(stage, scale, "database")
    assert (stop["reason"], stop["object"]) == (
        "DataLost",
        {"kind": "rds:db-instance", "name": name(stage, tenant, "database"), "namespace": ""},
    )
    assert "Bring it back under this name" in stop["message"]
    assert not databases(stage, tenant)
    bring_back_database(stage, tenant)
    await intervene(stage, scale, "retry", reason="restored the snapshot of last night")
    ended = await stage.finished(scale)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "DataLost")
    view = await stage.tenant(tenant)
    assert (view["phase"], view["target"]["users"]) == ("active", 50)
    assert len(databases(stage, tenant)) == 1


async def test_a_restore_without_its_password_makes_no_other(stage: Stage) -> None:
    """Force-deleted during the grace, the secret is asked for; put back, the undo ends and a restore can."""
    tenant = await stage.active()
    secrets = stage.auditor.aws("secretsmanager")
    secret = name(stage, tenant, "database-password")
    value = secrets.get_secret_value(SecretId=secret)["SecretString"]
    tags = secrets.describe_secret(SecretId=secret)["Tags"]
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    restore = await stage.ask("POST", f"{path(tenant)}/restore")
    stop = await stuck(stage, restore, "database-password")
    assert stop["reason"] == "DataLost"
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.describe_secret(SecretId=secret)
    secrets.create_secret(Name=secret, SecretString=value, Tags=tags)
    await intervene(stage, restore, "retry", reason="had it from the vault")
    assert (await stage.finished(restore))["status"] == "failed"
    assert (await stage.tenant(tenant))["phase"] == "closed"
    again = await stage.ask("POST", f"{path(tenant)}/restore")
    assert (await stage.finished(again))["status"] == "succeeded"
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == value


async def test_a_teardown_takes_over_what_waits_for_lost_data(stage: Stage) -> None:
    """Data that is given up for good holds nobody: the undo is left and everything is removed."""
    tenant = await stage.active(users=50)
    delete_database(stage, tenant)
    scale = await stage.ask("PATCH", path(tenant), {"users": 120})
    await stuck(stage, scale, "database")
    teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(tenant) == []


async def test_a_sign_up_whose_bucket_vanishes_leaves_nothing(stage: Stage) -> None:
    """Deleted by hand and looked for again by the recovery, it is not made twice: the sign-up is undone."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until(signup, lambda view: {"recordings", "database-password"} <= done(view))
        await lose(stage, signup)
    stage.auditor.aws("s3").delete_bucket(Bucket=name(stage, signup, "recordings"))
    assert signup["operation_id"] in await recover(stage)
    ended = await stage.finished(signup)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "DataLost")
    assert await stage.things(signup) == []


async def test_an_accepted_loss_outlives_its_run(stage: Stage) -> None:
    """Terminated before it made the bucket anew, the repair is finished with the consent that it had."""
    tenant = await stage.active()
    stage.auditor.aws("s3").delete_bucket(Bucket=name(stage, tenant, "recordings"))
    async with STEP["recordings"].held(stage):
        repair = await stage.ask("POST", f"{path(tenant)}/repair?accept_data_loss=true")
        await stage.until_step(repair, "recordings")
        await lose(stage, tenant)
    assert repair["operation_id"] in await recover(stage)
    assert (await stage.finished(repair))["status"] == "succeeded"
    assert f"bucket {name(stage, tenant, 'recordings')}" in await stage.things(tenant)


def name(stage: Stage, tenant: Json, step: str) -> str:
    return f"{stage.settings.install}-{tenant['tenant_id']}-{step}"


def done(view: Json) -> set[str]:
    return {step["name"] for step in view["steps"] if step["status"] == "done"}


def databases(stage: Stage, tenant: Json) -> list[dict[str, Any]]:
    found = stage.auditor.aws("rds").describe_db_instances()["DBInstances"]
    return [one for one in found if tenant["tenant_id"] in one["DBInstanceIdentifier"]]


def delete_database(stage: Stage, tenant: Json) -> None:
    rds, database = stage.auditor.aws("rds"), name(stage, tenant, "database")
    rds.modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier=database, SkipFinalSnapshot=True)


def bring_back_database(stage: Stage, tenant: Json) -> None:
    """As restoring a snapshot does, which brings the tags and the password that were the instance's."""
    tenant_id = tenant["tenant_id"]
    marks = {
        "install": stage.settings.install,
        "tenant": tenant_id,
        "slug": tenant["slug"],
        "step": "database",
    }
    master = logins.secret(stage.auditor.aws("secretsmanager"), name(stage, tenant, "database-admin"))
    stage.auditor.aws("rds").create_db_instance(
        DBInstanceIdentifier=name(stage, tenant, "database"),
        Engine="postgres",
        EngineVersion="16",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=20,
        DBName=master["username"],
        MasterUsername=master["username"],
        MasterUserPassword=master["password"],
        DBSubnetGroupName="tenants-use1",
        Tags=[{"Key": f"tenantry.dev/{key}", "Value": value} for key, value in marks.items()],
    )
