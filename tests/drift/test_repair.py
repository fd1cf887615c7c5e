"""Repairs: what differs is brought back, by policy or because a person asks; nothing else is touched."""

import pytest
from sqlalchemy import text

from tests.drift import hands
from tests.drift.conftest import DriftStage
from tests.workflows.faults import BUSY_AWS
from tests.workflows.stage import new_key

DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403}


async def test_a_repair_brings_back_what_differs_and_nothing_else(stage: DriftStage) -> None:
    """Bucket, role, database, workload and rules are as before; what others added beside them stays."""
    tenant = await stage.active(users=50)
    namespace, bucket = stage.name(tenant, "ns"), stage.name(tenant, "recordings")
    s3 = stage.auditor.aws("s3")
    tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [*tags, {"Key": "team", "Value": "theirs"}]})
    hands.core(stage).create_namespaced_config_map(
        namespace, {"metadata": {"name": "theirs"}, "data": {"note": "by hand"}}
    )
    for meddle in (
        hands.suspend_versioning,
        hands.delete_policy,
        hands.unprotect,
        hands.delete_deployment,
        hands.raise_quota,
    ):
        meddle(stage, tenant)
    iam, role = stage.auditor.aws("iam"), stage.name(tenant, "proxy-role")
    iam.untag_role(RoleName=role, TagKeys=["tenantry.dev/slug"])
    rds = stage.auditor.aws("rds")
    arn = stage.auditor.database(tenant["tenant_id"], "us-east-1")["DBInstanceArn"]
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["tenantry.dev/step"])
    await stage.scan(repair=True)
    repair = await stage.repaired(tenant)
    assert (repair["status"], repair["requested_by"]) == ("succeeded", "schedule")
    touched = {step["name"] for step in repair["steps"] if step["detail"] != "left as it is"}
    assert touched == {"recordings", "auth-role", "proxy-role", "database", "auth", "foundation"}
    assert tenant["slug"] in {tag["Value"] for tag in iam.list_role_tags(RoleName=role)["Tags"]}
    assert "database" in {tag["Value"] for tag in rds.list_tags_for_resource(ResourceName=arn)["TagList"]}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert {"Key": "team", "Value": "theirs"} in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert stage.auditor.database(tenant["tenant_id"], "us-east-1")["DeletionProtection"]
    assert stage.auditor.deployment("use1", tenant["tenant_id"], "auth").status.available_replicas == 1
    assert hands.core(stage).read_namespaced_config_map("theirs", namespace).data == {"note": "by hand"}
    # The repair itself looked again: no scan is needed to know.
    conditions = await stage.conditions(tenant)
    assert conditions["InSync"]["status"] is True
    assert not {"Drifted", "Missing"} & set(conditions)


async def test_a_second_scan_of_what_is_in_sync_writes_nothing(stage: DriftStage) -> None:
    """Also where the policy repairs: the providers saw reads and dry runs, and no operation began."""
    tenant = await stage.active()
    await stage.scan(repair=True)
    await stage.forget_calls()
    await stage.scan(repair=True)
    assert await stage.writes({tenant["tenant_id"]}) == []
    history = (await stage.http.get(f"/v1/tenants/{tenant['slug']}/operations")).json()
    assert [operation["kind"] for operation in history] == ["signup"]


async def test_an_autoscalers_replicas_are_no_drift(stage: DriftStage) -> None:
    """What an autoscaler decides is its own business."""
    tenant = await stage.active()
    body = {"spec": {"replicas": 3}}
    hands.apps(stage).patch_namespaced_deployment_scale("proxy", stage.name(tenant, "ns"), body)
    await stage.scan(repair=True)
    assert (await stage.drift(tenant))["in_sync"] is True
    assert stage.auditor.deployment("use1", tenant["tenant_id"], "proxy").spec.replicas == 3


async def test_a_suspended_tenant_stays_suspended(stage: DriftStage) -> None:
    """Stopped it is in sync; started by hand it is stopped again, and is never shown as active."""
    tenant = await stage.active()
    await stage.finished(await stage.ask("POST", f"/v1/tenants/{tenant['slug']}/suspend"))
    await stage.scan(repair=True)
    assert (await stage.drift(tenant))["in_sync"] is True
    body = {"spec": {"replicas": 1}}
    hands.apps(stage).patch_namespaced_deployment_scale("auth", stage.name(tenant, "ns"), body)
    hands.delete_policy(stage, tenant)
    async with stage.aws_fault(match={"operation": "PutRolePolicy"}, **BUSY_AWS):
        await stage.scan(repair=True)
        await stage.until_tenant(tenant, lambda view: view["operation_id"] is not None)
        assert (await stage.tenant(tenant))["phase"] == "suspended"
    assert (await stage.repaired(tenant))["status"] == "succeeded"
    assert (await stage.tenant(tenant))["phase"] == "suspended"
    assert stage.auditor.deployment("use1", tenant["tenant_id"], "auth").spec.replicas == 0


async def test_an_open_run_defers_the_repair(stage: DriftStage) -> None:
    """While another operation holds the tenant none is started; it is noted, and the next scan repairs."""
    tenant = await stage.active(users=50)
    hands.delete_policy(stage, tenant)
    await stage.scan()
    async with stage.aws_fault(match={"operation": "ModifyDBInstance"}, **BUSY_AWS):
        scale = await stage.ask("PATCH", f"/v1/tenants/{tenant['slug']}", {"users": 80})
        await stage.until_step(scale, "database")
        assert (await stage.scan(repair=True)).deferred >= 1
        assert all(look["deferred_at"] for look in (await stage.drift(tenant))["looks"])
    assert (await stage.finished(scale))["status"] == "succeeded"
    await stage.scan(repair=True)
    assert (await stage.repaired(tenant))["status"] == "succeeded"
    view = await stage.drift(tenant)
    assert view["in_sync"] is True
    assert not any(look["deferred_at"] for look in view["looks"])


async def test_a_repair_that_is_refused_fails_and_the_tenant_keeps_its_condition(stage: DriftStage) -> None:
    """Step and reason stand with the operation, the phase is as before, and the other steps are repaired."""
    tenant = await stage.active()
    hands.delete_policy(stage, tenant)
    hands.suspend_versioning(stage, tenant)
    async with stage.aws_fault(match={"operation": "PutRolePolicy"}, **DENIED):
        await stage.scan(repair=True)
        repair = await stage.repaired(tenant)
    assert repair["status"] == "failed"
    assert (repair["error"]["code"], repair["error"]["step"]) == ("AccessDenied", "auth-role")
    view = await stage.tenant(tenant)
    assert (view["phase"], view["operation_id"]) == ("active", None)
    assert "iam:role" in (await stage.conditions(tenant))["Drifted"]["message"]
    bucket = stage.name(tenant, "recordings")
    assert stage.auditor.aws("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


async def others_waiting(stage: DriftStage) -> int:
    """Tenants of other tests whose repair has failed: every scan counts them, too."""
    await stage.scan(repair=True)
    return (await stage.scan(repair=True)).postponed


async def test_what_failed_is_not_repaired_again_by_each_scan(stage: DriftStage) -> None:
    """For a day scans leave it and say why; a person's repair is immediate, and ends the wait."""
    others = await others_waiting(stage)
    tenant = await stage.active()
    hands.delete_policy(stage, tenant)
    async with stage.aws_fault(match={"operation": "PutRolePolicy"}, **DENIED):
        await stage.scan(repair=True)
        failed = await stage.repaired(tenant)
    assert (await stage.scan(repair=True)).postponed == others + 1
    assert len(await stage.repairs(tenant)) == 1
    shown = (await stage.drift(tenant))["failed_repair"]
    assert (shown["operation_id"], shown["error"]["code"]) == (failed["id"], "AccessDenied")
    asked = await stage.ask("POST", f"/v1/tenants/{tenant['slug']}/repair")
    assert (await stage.finished(asked))["status"] == "succeeded"
    assert (await stage.drift(tenant))["failed_repair"] is None
    hands.delete_policy(stage, tenant)
    assert (await stage.scan(repair=True)).repairs == 1
    await stage.closed(tenant)


async def test_the_next_day_it_is_tried_again(stage: DriftStage) -> None:
    """What a person has mended meanwhile needs no other person."""
    tenant = await stage.active()
    hands.delete_policy(stage, tenant)
    async with stage.aws_fault(match={"operation": "PutRolePolicy"}, **DENIED):
        await stage.scan(repair=True)
        failed = await stage.repaired(tenant)
    with stage.transaction() as connection:
        yesterday = "UPDATE operation SET finished_at = finished_at - interval '1 day' WHERE id = :id"
        connection.execute(text(yesterday), {"id": failed["id"]})
    assert (await stage.scan(repair=True)).repairs == 1
    await stage.closed(tenant)


async def test_a_scan_starts_no_more_repairs_than_it_may(stage: DriftStage) -> None:
    """A changed blueprint reaches the tenants in batches: the next scan goes on with the others."""
    others = await others_waiting(stage)
    tenants = [await stage.active(plan="echo") for _ in range(2)]
    for tenant in tenants:
        hands.raise_quota(stage, tenant)
    batch = await stage.scan(repair=True, repairs_at_most=1, page_size=1)
    assert (batch.repairs, batch.postponed) == (1, others + 1)
    first, second = sorted(tenants, key=lambda tenant: str(tenant["tenant_id"]))
    assert (await stage.repaired(first))["status"] == "succeeded"
    assert await stage.repairs(second) == []
    await stage.scan(repair=True, repairs_at_most=1)
    assert (await stage.repaired(second))["status"] == "succeeded"


async def test_lost_data_of_a_closed_tenant_is_reported(stage: DriftStage) -> None:
    """Its data is all that a restore cannot bring back; nothing is repaired, and in sync it stays so."""
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"/v1/tenants/{tenant['slug']}?grace=3600"))
    await stage.scan(repair=True)
    assert (await stage.drift(tenant))["in_sync"] is True
    stage.auditor.aws("s3").delete_bucket(Bucket=stage.name(tenant, "recordings"))
    await stage.scan(repair=True)
    assert "recordings" in (await stage.conditions(tenant))["Missing"]["message"]
    assert await stage.repairs(tenant) == []


async def test_a_person_repairs_where_the_policy_reports(stage: DriftStage) -> None:
    """POST …/repair is accepted once per key, looks for itself and brings back what differs."""
    tenant = await stage.active()
    hands.suspend_versioning(stage, tenant)
    path, key = f"/v1/tenants/{tenant['slug']}/repair", new_key()
    first, again = [await stage.http.post(path, headers=key) for _ in range(2)]
    assert (first.status_code, again.json()) == (202, first.json())
    assert (await stage.finished(first.json()))["status"] == "succeeded"
    assert (await stage.drift(tenant))["in_sync"] is True


async def test_what_is_gone_with_its_data_comes_back_by_consent_alone(stage: DriftStage) -> None:
    """By its own look, without any scan, a repair names all that would be empty, and repairs the rest."""
    tenant = await stage.active()
    bucket, database = stage.name(tenant, "recordings"), stage.name(tenant, "database")
    hands.delete_policy(stage, tenant)
    stage.auditor.aws("s3").delete_bucket(Bucket=bucket)
    hands.unprotect(stage, tenant)
    stage.auditor.aws("rds").delete_db_instance(DBInstanceIdentifier=database, SkipFinalSnapshot=True)
    path = f"/v1/tenants/{tenant['slug']}/repair"
    refused = await stage.finished(await stage.ask("POST", path))
    assert (refused["status"], refused["error"]["code"]) == ("failed", "DataLost")
    assert f"s3:bucket {bucket}" in refused["error"]["message"]
    assert f"rds:db-instance {database}" in refused["error"]["message"]
    assert not {f"bucket {bucket}", f"database {database}"} & set(await stage.things(tenant))
    role = stage.name(tenant, "auth-role")
    assert stage.auditor.aws("iam").list_role_policies(RoleName=role)["PolicyNames"] == ["tenant"]
    accepted = await stage.finished(await stage.ask("POST", f"{path}?accept_data_loss=true"))
    assert accepted["status"] == "succeeded"
    assert {f"bucket {bucket}", f"database {database}"} <= set(await stage.things(tenant))
    assert (await stage.drift(tenant))["in_sync"] is True


async def test_everything_else_does_not_mean_what_would_come_back_empty(stage: DriftStage) -> None:
    """Under *=repair a bucket that is gone is reported: making it again would hide that its data is lost."""
    tenant = await stage.active()
    stage.auditor.aws("s3").delete_bucket(Bucket=stage.name(tenant, "recordings"))
    await stage.scan(repair=True)
    assert await stage.repairs(tenant) == []
    assert "recordings" in (await stage.conditions(tenant))["Missing"]["message"]
    assert f"bucket {stage.name(tenant, 'recordings')}" not in await stage.things(tenant)


async def test_what_is_not_ours_is_left_untouched(stage: DriftStage) -> None:
    """A thing without our tags is reported, and neither policy nor person makes a repair touch it."""
    tenant = await stage.active()
    iam, role = stage.auditor.aws("iam"), stage.name(tenant, "auth-role")
    iam.untag_role(RoleName=role, TagKeys=["tenantry.dev/install", "tenantry.dev/tenant"])
    hands.delete_policy(stage, tenant)
    await stage.scan(repair=True)
    assert await stage.repairs(tenant) == []
    asked = await stage.ask("POST", f"/v1/tenants/{tenant['slug']}/repair")
    assert (await stage.finished(asked))["status"] == "succeeded"
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role_policy(RoleName=role, PolicyName="tenant")
    assert "left untouched" in (await stage.conditions(tenant))["Missing"]["message"]


async def test_a_load_balancer_made_anew_is_told_to_route_53(stage: DriftStage) -> None:
    """The proxy's service comes back with another address, and the tenant's name follows it."""
    tenant = await stage.active()
    before = hands.target_of(stage, tenant)
    hands.core(stage).delete_namespaced_service("proxy", stage.name(tenant, "ns"))
    await stage.scan(repair=True)
    assert (await stage.repaired(tenant))["status"] == "succeeded"
    service = hands.core(stage).read_namespaced_service("proxy", stage.name(tenant, "ns"))
    address = service.status.load_balancer.ingress[0].hostname
    assert hands.target_of(stage, tenant) == address != before
    view = await stage.drift(tenant)
    assert view["in_sync"] is True, view


@pytest.mark.parametrize("fault", ["GetRolePolicy", "PutRolePolicy"])
async def test_a_suspension_takes_over_a_repair(stage: DriftStage, fault: str) -> None:
    """Leaving need not wait, whether the repair still looks or already mends: it ends where it is."""
    tenant = await stage.active()
    hands.delete_policy(stage, tenant)
    async with stage.aws_fault(match={"operation": fault}, **BUSY_AWS):
        repair = await stage.ask("POST", f"/v1/tenants/{tenant['slug']}/repair")
        suspend = await stage.ask("POST", f"/v1/tenants/{tenant['slug']}/suspend")
        assert (await stage.finished(suspend))["status"] == "succeeded"
    assert (await stage.finished(repair))["status"] == "superseded"
    assert (await stage.tenant(tenant))["phase"] == "suspended"
