"""Ours or not ours: what bears our name and is not ours is left untouched, and everything else is undone."""

import json
from typing import Any

import pytest
from kubernetes import client as kube

from domain.naming import new_tenant_id
from tests.workflows.stage import Stage

REGION = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def _plant_bucket(stage: Stage, name: str) -> Any:
    s3 = stage.auditor.aws("s3")
    s3.create_bucket(Bucket=f"{name}-recordings")
    s3.put_bucket_tagging(
        Bucket=f"{name}-recordings", Tagging={"TagSet": [{"Key": "owner", "Value": "somebody"}]}
    )
    return lambda: s3.get_bucket_tagging(Bucket=f"{name}-recordings")["TagSet"]


def _plant_role(stage: Stage, name: str) -> Any:
    iam = stage.auditor.aws("iam")
    iam.create_role(RoleName=f"{name}-auth-role", AssumeRolePolicyDocument=json.dumps(TRUST))

    def look() -> Any:
        role = iam.get_role(RoleName=f"{name}-auth-role")["Role"]
        return (
            role["RoleId"],
            role.get("Tags"),
            iam.list_role_policies(RoleName=f"{name}-auth-role")["PolicyNames"],
        )

    return look


def _plant_secret(stage: Stage, name: str) -> Any:
    secrets = stage.auditor.aws("secretsmanager", REGION)
    secrets.create_secret(Name=f"{name}-database-password", SecretString="somebody's")
    return lambda: secrets.get_secret_value(SecretId=f"{name}-database-password")["SecretString"]


def _plant_namespace(stage: Stage, name: str) -> Any:
    core = kube.CoreV1Api(stage.auditor.cluster("use1"))
    meta = kube.V1ObjectMeta(name=f"{name}-ns", labels={"owner": "somebody"})
    core.create_namespace(kube.V1Namespace(metadata=meta))

    def look() -> Any:
        found = core.read_namespace(f"{name}-ns")
        return found.metadata and (found.metadata.uid, found.metadata.labels)

    return look


PLANTED = {
    "bucket": (_plant_bucket, "recordings"),
    "role": (_plant_role, "auth-role"),
    "secret": (_plant_secret, "database-password"),
    "namespace": (_plant_namespace, "foundation"),
}


@pytest.mark.parametrize("kind", PLANTED)
async def test_a_foreign_thing_under_our_name_stays_untouched(stage: Stage, kind: str) -> None:
    """A sign-up that meets a foreign thing fails with OwnershipConflict; only the foreign thing is left."""
    plant, step = PLANTED[kind]
    tenant_id = new_tenant_id()
    look = plant(stage, f"test-{tenant_id}")
    before, foreign = look(), await stage.things({"tenant_id": tenant_id})
    signup = await stage.ask_signup(id=tenant_id)
    ended = await stage.finished(signup)
    assert ended["status"] == "failed"
    assert (ended["error"]["code"], ended["error"]["step"]) == ("OwnershipConflict", step)
    assert look() == before
    assert await stage.things(signup) == foreign
