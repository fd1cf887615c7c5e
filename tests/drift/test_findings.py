"""Each kind of thing, changed or deleted behind our back: the scan finds it, and changes nothing itself."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client as kube
from kubernetes.client.exceptions import ApiException

from tests.drift.conftest import DriftStage
from tests.workflows.stage import Json

Hands = Callable[[DriftStage, Json], None]


@dataclass(frozen=True)
class Meddling:
    """What somebody does, and the difference that a scan has to find: what, kind, field."""

    name: str
    hands: Hands
    what: str
    kind: str
    field: str

    def __str__(self) -> str:
        return self.name


def _aws(service: str, operation: str, **arguments: Any) -> Hands:
    """`{step}` in an argument stands for the name that the tenant's step has at AWS."""

    def act(stage: DriftStage, tenant: Json) -> None:
        filled = {key: _filled(stage, tenant, value) for key, value in arguments.items()}
        getattr(stage.auditor.aws(service), operation)(**filled)

    return act


def _filled(stage: DriftStage, tenant: Json, value: Any) -> Any:
    return stage.name(tenant, value[1:-1]) if isinstance(value, str) and value.startswith("{") else value


def _role_policy(stage: DriftStage, tenant: Json) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    stage.auditor.aws("iam").put_role_policy(
        RoleName=stage.name(tenant, "auth-role"), PolicyName="tenant", PolicyDocument=json.dumps(document)
    )


def _association(stage: DriftStage, tenant: Json) -> dict[str, str]:
    eks = stage.auditor.aws("eks")
    found = eks.list_pod_identity_associations(
        clusterName="tenants-use1", namespace=stage.name(tenant, "ns"), serviceAccount="auth"
    )["associations"][0]
    return {"clusterName": "tenants-use1", "associationId": found["associationId"]}


def _unbound(stage: DriftStage, tenant: Json) -> None:
    stage.auditor.aws("eks").delete_pod_identity_association(**_association(stage, tenant))


def _rebound(stage: DriftStage, tenant: Json) -> None:
    iam = stage.auditor.aws("iam")
    role = iam.get_role(RoleName=stage.name(tenant, "proxy-role"))["Role"]["Arn"]
    stage.auditor.aws("eks").update_pod_identity_association(**_association(stage, tenant), roleArn=role)


def _record(stage: DriftStage, tenant: Json) -> None:
    record = {
        "Name": f"{tenant['slug']}.use1.tenants.example.com",
        "Type": "CNAME",
        "TTL": 60,
        "ResourceRecords": [{"Value": "elsewhere.example.org"}],
    }
    stage.auditor.aws("route53").change_resource_record_sets(
        HostedZoneId="Z0USE1EXAMPLE00000",
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )


def _parameters(stage: DriftStage, tenant: Json) -> None:
    stage.auditor.aws("rds").modify_db_parameter_group(
        DBParameterGroupName=stage.name(tenant, "database-parameters"),
        Parameters=[
            {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "pending-reboot"}
        ],
    )


def _apps(stage: DriftStage) -> Any:
    return kube.AppsV1Api(stage.auditor.cluster("use1"))


def _core(stage: DriftStage) -> Any:
    return kube.CoreV1Api(stage.auditor.cluster("use1"))


def _no_deployment(stage: DriftStage, tenant: Json) -> None:
    _apps(stage).delete_namespaced_deployment("auth", stage.name(tenant, "ns"))


def _other_image(stage: DriftStage, tenant: Json) -> None:
    containers = [{"name": "teleport", "image": "somebody/else:1"}]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    _apps(stage).patch_namespaced_deployment("auth", stage.name(tenant, "ns"), body)


def _less_label(stage: DriftStage, tenant: Json) -> None:
    body = {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}
    _core(stage).patch_namespaced_config_map("auth", stage.name(tenant, "ns"), body)


def _stranger(stage: DriftStage, tenant: Json) -> None:
    body = {"metadata": {"labels": {"tenantry.dev/tenant": "somebodyelse"}}}
    _core(stage).patch_namespaced_config_map("auth", stage.name(tenant, "ns"), body)


def _emptied_secret(stage: DriftStage, tenant: Json) -> None:
    secrets, name = stage.auditor.aws("secretsmanager"), stage.name(tenant, "database-password")
    tags = secrets.describe_secret(SecretId=name)["Tags"]
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name=name, Tags=tags)


def _more_quota(stage: DriftStage, tenant: Json) -> None:
    body = {"spec": {"hard": {"pods": "4000"}}}
    _core(stage).patch_namespaced_resource_quota("tenant", stage.name(tenant, "ns"), body)


MEDDLING = [
    Meddling(
        "lifecycle deleted",
        _aws("s3", "delete_bucket_lifecycle", Bucket="{recordings}"),
        "drifted", "s3:bucket", "lifecycle",
    ),
    Meddling(
        "versioning suspended",
        _aws("s3", "put_bucket_versioning", Bucket="{recordings}",
             VersioningConfiguration={"Status": "Suspended"}),
        "drifted", "s3:bucket", "versioning",
    ),
    Meddling(
        "bucket opened",
        _aws("s3", "delete_public_access_block", Bucket="{recordings}"),
        "drifted", "s3:bucket", "BlockPublicPolicy",
    ),
    Meddling(
        "bucket deleted", _aws("s3", "delete_bucket", Bucket="{recordings}"), "missing", "s3:bucket", ""
    ),
    Meddling(
        "secret's deletion scheduled",
        _aws("secretsmanager", "delete_secret", SecretId="{database-password}"),
        "missing", "secretsmanager:secret", "",
    ),
    Meddling(
        "secret deleted",
        _aws("secretsmanager", "delete_secret", SecretId="{database-password}",
             ForceDeleteWithoutRecovery=True),
        "lost", "secretsmanager:secret", "",
    ),
    Meddling(
        "usage token deleted",
        _aws("secretsmanager", "delete_secret", SecretId="{usage-token}", ForceDeleteWithoutRecovery=True),
        "missing", "secretsmanager:secret", "",
    ),
    Meddling("secret emptied", _emptied_secret, "lost", "secretsmanager:secret", ""),
    Meddling("parameter changed", _parameters, "drifted", "rds:db-parameter-group", "rds.force_ssl"),
    Meddling(
        "class changed",
        _aws("rds", "modify_db_instance", DBInstanceIdentifier="{database}", DBInstanceClass="db.t4g.large",
             ApplyImmediately=True),
        "drifted", "rds:db-instance", "DBInstanceClass",
    ),
    Meddling(
        "unprotected",
        _aws("rds", "modify_db_instance", DBInstanceIdentifier="{database}", DeletionProtection=False),
        "drifted", "rds:db-instance", "DeletionProtection",
    ),
    Meddling(
        "made public",
        _aws("rds", "modify_db_instance", DBInstanceIdentifier="{database}", PubliclyAccessible=True),
        "drifted", "rds:db-instance", "PubliclyAccessible",
    ),
    Meddling("policy widened", _role_policy, "drifted", "iam:role", "policy: Statement"),
    Meddling(
        "policy deleted",
        _aws("iam", "delete_role_policy", RoleName="{auth-role}", PolicyName="tenant"),
        "drifted", "iam:role", "policy",
    ),
    Meddling(
        "tag taken",
        _aws("iam", "untag_role", RoleName="{auth-role}", TagKeys=["tenantry.dev/slug"]),
        "drifted", "iam:role", "tag tenantry.dev/slug",
    ),
    Meddling("identity unbound", _unbound, "missing", "eks:pod-identity-association", ""),
    Meddling("identity rebound", _rebound, "drifted", "eks:pod-identity-association", "roleArn"),
    Meddling("record moved", _record, "drifted", "route53:record", "target"),
    Meddling("deployment deleted", _no_deployment, "missing", "apps/v1/Deployment", ""),
    Meddling(
        "image changed", _other_image,
        "drifted", "apps/v1/Deployment", "spec.template.spec.containers[teleport].image",
    ),
    Meddling(
        "label removed", _less_label,
        "drifted", "v1/ConfigMap", "metadata.labels[app.kubernetes.io/managed-by]",
    ),
    Meddling("object taken", _stranger, "lost", "v1/ConfigMap", ""),
    Meddling("quota raised", _more_quota, "drifted", "v1/ResourceQuota", "spec.hard.pods"),
]  # fmt: skip


def _shared_out() -> list[list[Meddling]]:
    """What can befall one tenant: one meddling of each kind of thing."""
    groups: list[list[Meddling]] = []
    for one in MEDDLING:
        free = next((group for group in groups if one.kind not in {other.kind for other in group}), None)
        if free is None:
            groups.append([one])
        else:
            free.append(one)
    return groups


@pytest.fixture(scope="module")
async def tenants(stage: DriftStage) -> dict[str, Json]:
    """The tenant of each meddling: all meddled with, then looked at by a scan that only reports."""
    groups = _shared_out()
    made = await asyncio.gather(*(stage.active(users=50) for _ in groups))
    for group, tenant in zip(groups, made, strict=True):
        for one in group:
            await asyncio.to_thread(one.hands, stage, tenant)
    await stage.scan(page_size=3)
    return {one.name: tenant for group, tenant in zip(groups, made, strict=True) for one in group}


@pytest.mark.parametrize("meddling", MEDDLING, ids=str)
async def test_a_scan_finds_it(stage: DriftStage, tenants: dict[str, Json], meddling: Meddling) -> None:
    """What was done stands with the tenant, and its conditions say so since when."""
    view = await stage.drift(tenants[meddling.name])
    found = [one for look in view["looks"] for one in look["differences"] if one["kind"] == meddling.kind]
    assert (meddling.what, meddling.field) in {(one["what"], one["field"]) for one in found}, view
    assert view["in_sync"] is False
    conditions = await stage.conditions(tenants[meddling.name])
    named = conditions["Drifted" if meddling.what == "drifted" else "Missing"]
    assert conditions["InSync"]["status"] is False
    assert named["status"] is True
    assert named["since"] <= found[0]["since"]


async def test_a_scan_finds_nothing_else(stage: DriftStage, tenants: dict[str, Json]) -> None:
    """Only kinds that were meddled with are reported."""
    for group in _shared_out():
        view = await stage.drift(tenants[group[0].name])
        found = {one["kind"] for look in view["looks"] for one in look["differences"]}
        assert found == {one.kind for one in group}


async def test_a_scan_that_reports_changes_nothing(stage: DriftStage, tenants: dict[str, Json]) -> None:
    """Asked of the providers themselves: reads and dry runs, no matter what was found."""
    await stage.forget_calls()
    await stage.scan()
    assert await stage.writes({tenant["tenant_id"] for tenant in tenants.values()}) == []


async def test_what_is_not_in_sync_is_listed_page_by_page(
    stage: DriftStage, tenants: dict[str, Json]
) -> None:
    """Every page continues the one before; together they name each drifted tenant once."""
    named: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await stage.http.get("/v1/drift", params={"cursor": cursor, "limit": 4})).json()
        named += [item["tenant_id"] for item in page["items"]]
        cursor = page["next"]
    assert len(named) == len(set(named))
    assert {tenant["tenant_id"] for tenant in tenants.values()} <= set(named)


async def test_since_stays_while_it_is_found(stage: DriftStage, tenants: dict[str, Json]) -> None:
    """A second scan keeps the moment at which the first one found it, and tells when it looked last."""
    tenant = tenants["unprotected"]
    before = await stage.drift(tenant)
    await stage.scan()
    after = await stage.drift(tenant)
    (aws_before, _), (aws_after, _) = before["looks"], after["looks"]
    assert aws_before["differences"] == aws_after["differences"]
    assert aws_before["observed_at"] < aws_after["observed_at"]


async def test_what_was_deleted_stays_deleted(stage: DriftStage, tenants: dict[str, Json]) -> None:
    """A scan that reports makes nothing again: asked of the cluster."""
    with pytest.raises(ApiException, match="404"):
        _apps(stage).read_namespaced_deployment("auth", stage.name(tenants["deployment deleted"], "ns"))
