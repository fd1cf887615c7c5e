"""What somebody else does to a tenant's things, with AWS's and the cluster's own clients."""

from typing import Any

from kubernetes import client as kube

from tests.drift.conftest import DriftStage
from tests.workflows.stage import Json

ZONE = "Z0USE1EXAMPLE00000"


def apps(stage: DriftStage) -> Any:
    return kube.AppsV1Api(stage.auditor.cluster("use1"))


def core(stage: DriftStage) -> Any:
    return kube.CoreV1Api(stage.auditor.cluster("use1"))


def delete_policy(stage: DriftStage, tenant: Json, role: str = "auth-role") -> None:
    stage.auditor.aws("iam").delete_role_policy(RoleName=stage.name(tenant, role), PolicyName="tenant")


def suspend_versioning(stage: DriftStage, tenant: Json) -> None:
    stage.auditor.aws("s3").put_bucket_versioning(
        Bucket=stage.name(tenant, "recordings"), VersioningConfiguration={"Status": "Suspended"}
    )


def unprotect(stage: DriftStage, tenant: Json) -> None:
    stage.auditor.aws("rds").modify_db_instance(
        DBInstanceIdentifier=stage.name(tenant, "database"), DeletionProtection=False
    )


def delete_deployment(stage: DriftStage, tenant: Json, name: str = "auth") -> None:
    apps(stage).delete_namespaced_deployment(name, stage.name(tenant, "ns"))


def raise_quota(stage: DriftStage, tenant: Json) -> None:
    body = {"spec": {"hard": {"pods": "4000"}}}
    core(stage).patch_namespaced_resource_quota("tenant", stage.name(tenant, "ns"), body)


def target_of(stage: DriftStage, tenant: Json) -> str:
    """Where the tenant's name points."""
    name = f"{tenant['slug']}.use1.tenants.example.com."
    found = stage.auditor.aws("route53").list_resource_record_sets(
        HostedZoneId=ZONE, StartRecordName=name, StartRecordType="CNAME", MaxItems="1"
    )["ResourceRecordSets"][0]
    assert found["Name"] == name
    return str(found["ResourceRecords"][0]["Value"])
