"""Orphans: found by their marks, reported, and deleted only when a person says so."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from catalog import Catalog
from domain.naming import namespace_name, new_tenant_id, ownership_tags, resource_name
from tests.drift import hands
from tests.drift.conftest import INSTALL, DriftStage
from tests.workflows.faults import BUSY_AWS
from tests.workflows.stage import Json, new_key

_ALLOWED = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [_ALLOWED]})


def _tags(tenant_id: str) -> list[dict[str, str]]:
    marks = ownership_tags(INSTALL, tenant_id, f"s-{tenant_id}", "left")
    return [{"Key": key, "Value": value} for key, value in marks.items()]


def leave_behind(stage: DriftStage, tenant_id: str) -> set[tuple[str, str]]:
    """One thing of each kind, as a process that died would leave them: kind and name."""
    aws, name = stage.auditor.aws, resource_name(INSTALL, tenant_id, "left")
    tags, namespace = _tags(tenant_id), namespace_name(INSTALL, tenant_id)
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    aws("s3").put_object(Bucket=name, Key="recording", Body=b"data")
    aws("secretsmanager").create_secret(Name=name, SecretString="hidden", Tags=tags)
    aws("rds").create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily="postgres16", Description="left", Tags=tags
    )
    aws("rds").create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.t4g.small", AllocatedStorage=20,
        DBName=f"t{tenant_id}", MasterUsername=f"t{tenant_id}", MasterUserPassword="throwaway-pw",
        DeletionProtection=True, Tags=tags,
    )  # fmt: skip
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=tags)["Role"]["Arn"]
    aws("eks").create_pod_identity_association(
        clusterName="tenants-use1", namespace=namespace, serviceAccount="auth", roleArn=role,
        tags={tag["Key"]: tag["Value"] for tag in tags},
    )  # fmt: skip
    host = f"s-{tenant_id}.use1.tenants.example.com"
    value = f'"heritage=tenantry,install={INSTALL},tenant={tenant_id}"'
    records = [(host, "CNAME", "gone.example.org"), (f"_tenantry.{host}", "TXT", value)]
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": at, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": to}]
            },
        }
        for at, kind, to in records
    ]  # fmt: skip
    aws("route53").change_resource_record_sets(HostedZoneId=hands.ZONE, ChangeBatch={"Changes": changes})
    labels = ownership_tags(INSTALL, tenant_id, f"s-{tenant_id}", "left")
    hands.core(stage).create_namespace({"metadata": {"name": namespace, "labels": labels}})
    hands.core(stage).create_namespaced_config_map(
        namespace, {"metadata": {"name": "in-it", "labels": labels}}
    )
    hands.core(stage).create_namespaced_config_map("default", {"metadata": {"name": name, "labels": labels}})
    return {
        ("s3:bucket", name),
        ("secretsmanager:secret", name),
        ("rds:db-parameter-group", name),
        ("rds:db-instance", name),
        ("iam:role", name),
        ("eks:pod-identity-association", f"{namespace}/auth"),
        ("route53:record", f"_tenantry.{host} TXT"),
        ("v1/Namespace", namespace),
        ("v1/ConfigMap", name),
    }


async def orphans(stage: DriftStage, tenant_id: str, **query: Any) -> list[Json]:
    found: list[Json] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await stage.http.get("/v1/orphans", params={"limit": 200, "cursor": cursor, **query})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [one for one in page["items"] if one["tenant_id"] == tenant_id]
        cursor = page["next"]
    return found


async def ended(stage: DriftStage, orphan_id: str) -> Json:
    view: Json = {"state": ""}
    async with asyncio.timeout(60):
        while view["state"] in {"", "deleting"}:
            await asyncio.sleep(0.05)
            view = (await stage.http.get(f"/v1/orphans/{orphan_id}")).json()
    return view


async def ask_deletion(stage: DriftStage, orphan_id: str, **query: str) -> httpx.Response:
    return await stage.http.delete(f"/v1/orphans/{orphan_id}", params=query, headers=new_key())


async def delete(stage: DriftStage, orphan: Json, reason: str = "left by a test") -> Json:
    answer = await ask_deletion(stage, orphan["id"], reason=reason)
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/orphans/{orphan['id']}")
    return await ended(stage, orphan["id"])


@pytest.fixture(scope="module")
async def known(stage: DriftStage) -> Json:
    """A tenant, so that the kinds of its blueprint are known; it must never be reported."""
    return await stage.active()


async def test_orphans_of_every_kind_are_found_reported_and_deleted_on_request(
    stage: DriftStage, known: Json
) -> None:
    """Each is listed once with its place and since when; each goes only after its own deletion."""
    tenant_id = new_tenant_id()
    left = leave_behind(stage, tenant_id)
    await stage.scan(repair=True, orphans=True)
    found = await orphans(stage, tenant_id)
    assert {(one["kind"], one["name"]) for one in found} == left
    assert {one["why"] for one in found} == {"no such tenant"}
    assert await orphans(stage, known["tenant_id"]) == []
    there = await asyncio.to_thread(stage.auditor.things_of, tenant_id)
    await stage.scan(repair=True, orphans=True)
    assert await asyncio.to_thread(stage.auditor.things_of, tenant_id) == there
    again = {one["id"]: one for one in await orphans(stage, tenant_id)}
    for one in found:
        assert again[one["id"]]["first_seen"] == one["first_seen"]
        assert again[one["id"]]["last_seen"] > one["last_seen"]
    # The parameter group is in use as long as the database is there.
    for one in sorted(found, key=lambda one: one["kind"] == "rds:db-parameter-group"):
        done = await delete(stage, one)
        assert done["state"] == "deleted", done
        assert (done["requested_by"], done["reason"]) == ("development", "left by a test")
        assert done["detail"]
    left_over = await asyncio.to_thread(stage.auditor.things_of, tenant_id)
    assert [thing for thing in left_over if not thing.startswith("snapshot")] == []
    assert any(thing.startswith("snapshot") for thing in left_over)
    assert await orphans(stage, tenant_id) == []


async def test_what_is_no_orphan_any_more_is_not_deleted(stage: DriftStage, known: Json) -> None:
    """Between report and deletion its tags went: it is refused, with the reason, and stays."""
    tenant_id = new_tenant_id()
    name = resource_name(INSTALL, tenant_id, "left")
    s3 = stage.auditor.aws("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(tenant_id)})
    await stage.scan(orphans=True)
    (orphan,) = await orphans(stage, tenant_id)
    s3.delete_bucket_tagging(Bucket=name)
    refused = await delete(stage, orphan)
    assert (refused["state"], "OwnershipConflict" in refused["detail"]) == ("refused", True)
    assert s3.list_buckets(Prefix=name)["Buckets"]
    await stage.scan(orphans=True)
    assert (await ended(stage, orphan["id"]))["state"] == "gone"
    gone = await ask_deletion(stage, orphan["id"], reason="again")
    assert (gone.status_code, gone.json()["code"]) == (409, "OrphanGone")


async def test_what_a_deleted_tenant_left_is_an_orphan(stage: DriftStage, known: Json) -> None:
    """Its certificate says that nothing is left, so whatever bears its mark now belongs to nobody."""
    tenant = await stage.active(plan="echo")
    await stage.finished(await stage.ask("DELETE", f"/v1/tenants/{tenant['slug']}?grace=0"))
    name = resource_name(INSTALL, tenant["tenant_id"], "late")
    s3 = stage.auditor.aws("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(tenant["tenant_id"])})
    await stage.scan(orphans=True)
    (orphan,) = await orphans(stage, tenant["tenant_id"])
    assert orphan["why"] == "its tenant is deleted"
    assert (await delete(stage, orphan))["state"] == "deleted"


async def test_a_deletion_needs_a_reason(stage: DriftStage) -> None:
    """Nobody deletes without saying why; what does not exist is said to."""
    unknown = "or0123456789abcdef"
    assert (await ask_deletion(stage, unknown)).json()["code"] == "InvalidSpec"
    assert (await ask_deletion(stage, unknown, reason="x")).json()["code"] == "OrphanNotFound"
    assert (await stage.http.get("/v1/orphans/nonsense")).json()["code"] == "OrphanNotFound"


async def bucket_left(stage: DriftStage) -> tuple[str, str]:
    """A bucket of no tenant: the tenant's id in its mark, and its name."""
    tenant_id = new_tenant_id()
    name = resource_name(INSTALL, tenant_id, "left")
    s3 = stage.auditor.aws("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(tenant_id)})
    return tenant_id, name


async def test_a_deletion_whose_run_was_ended_by_hand_is_asked_for_again(stage: DriftStage) -> None:
    """When it would have ended long ago, a scan says that it was lost; asked for again, it is done."""
    tenant_id, _ = await bucket_left(stage)
    await stage.scan(orphans=True)
    (orphan,) = await orphans(stage, tenant_id)
    async with stage.aws_fault(match={"operation": "DeleteBucket"}, **BUSY_AWS):
        assert (await ask_deletion(stage, orphan["id"], reason="left")).status_code == 202
        await stage.client.get_workflow_handle(f"orphan/{orphan['id']}").terminate("by mistake")
        await stage.scan(orphans=True)
        assert (await _orphan(stage, orphan["id"]))["state"] == "deleting"
        with stage.transaction() as connection:
            long_ago = "UPDATE orphan SET requested_at = requested_at - interval '14 hours' WHERE id = :id"
            connection.execute(text(long_ago), {"id": orphan["id"]})
        await stage.scan(orphans=True)
    lost = await _orphan(stage, orphan["id"])
    assert (lost["state"], "ask for it again" in lost["detail"]) == ("refused", True)
    again = await ask_deletion(stage, orphan["id"], reason="once more")
    assert again.json()["state"] != "refused", "who polls would take it for the end of this deletion"
    assert (await ended(stage, orphan["id"]))["state"] == "deleted"


async def _orphan(stage: DriftStage, orphan_id: str) -> Json:
    view: Json = (await stage.http.get(f"/v1/orphans/{orphan_id}")).json()
    return view


async def test_a_throttled_page_is_asked_for_again(stage: DriftStage, drift_catalog: Catalog) -> None:
    """The search goes on where it was instead of listing everything anew, in AWS and in clusters."""
    tenant_id, _ = await bucket_left(stage)
    slow = {"action": "refuse", "code": "Throttling", "status": 400, "times": 2}
    busy = {"action": "refuse", "status": 429, "reason": "TooManyRequests", "message": "slow", "times": 1}
    async with (
        stage.aws_fault(match={"operation": "ListRoles"}, **slow),
        stage.cluster_fault("use1", match={"verb": "list", "resource": "namespaces"}, **busy),
    ):
        await stage.forget_calls()
        result = await stage.scan(orphans=True)
    assert result.unsearched == []
    regions = {cell.region for cell in drift_catalog.cells.values()}
    assert (await stage.calls()).count("ListSecrets") == len(regions)
    assert len(await orphans(stage, tenant_id)) == 1


async def test_a_place_that_cannot_be_searched_is_named(stage: DriftStage) -> None:
    """The others are searched all the same, and what was known of this one stays."""
    tenant_id, name = await bucket_left(stage)
    await stage.scan(orphans=True)
    denied = {"action": "refuse", "code": "AccessDenied", "status": 403}
    stage.auditor.aws("s3").delete_bucket(Bucket=name)
    async with stage.aws_fault(match={"operation": "ListRoles"}, **denied):
        (problem,) = (await stage.scan(orphans=True)).unsearched
    assert problem.startswith("aws in us-east-1: AccessDenied")
    assert len(await orphans(stage, tenant_id)) == 1


async def test_what_goes_during_the_search_holds_up_nothing(stage: DriftStage) -> None:
    """A role that is deleted between the list and the question for its tags is passed over."""
    tenant_id, _ = await bucket_left(stage)
    role = resource_name(INSTALL, tenant_id, "left")
    stage.auditor.aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST, Tags=_tags(tenant_id))
    gone = {"action": "refuse", "code": "NoSuchEntity", "status": 404}
    async with stage.aws_fault(match={"operation": "ListRoleTags", "resource": role}, **gone):
        assert (await stage.scan(orphans=True)).unsearched == []
    assert [one["kind"] for one in await orphans(stage, tenant_id)] == ["s3:bucket"]
