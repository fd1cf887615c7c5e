"""Looks once at what a peer made, so that nobody wins by doing nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from botocore.exceptions import ClientError
from kubernetes.dynamic.exceptions import NotFoundError

from bench.peers.clients import Providers
from bench.peers.cluster_calls import READY
from bench.peers.tenants import Json


class NotMade(Exception):
    """Names what is missing or wrong."""


def check(providers: Providers, tenant: Json) -> None:
    """Raises NotMade."""
    try:
        wrong = [
            *_bucket(providers, tenant),
            *_roles(providers, tenant),
            *_identities(providers, tenant),
            *_database(providers, tenant),
            *_objects(providers, tenant),
            *_names(providers, tenant),
        ]
    except (ClientError, psycopg.Error) as error:
        raise NotMade(f"tenant {tenant['id']}: {error}") from error
    if wrong:
        raise NotMade(f"tenant {tenant['id']}: {'; '.join(wrong)}")


def _bucket(providers: Providers, tenant: Json) -> Iterator[str]:
    s3, bucket = providers.of(tenant, "s3"), {"Bucket": tenant["names"]["recordings"]}
    if s3.get_bucket_versioning(**bucket).get("Status") != "Enabled":
        yield "the bucket keeps no versions"
    if not all(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()):
        yield "the bucket may become public"
    rules = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    if rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] != "AES256":
        yield "the bucket is not encrypted"
    if not s3.get_bucket_lifecycle_configuration(**bucket)["Rules"][0].get("Transitions"):
        yield "the bucket archives nothing"
    yield from _tags("recordings", s3.get_bucket_tagging(**bucket)["TagSet"], tenant)


def _roles(providers: Providers, tenant: Json) -> Iterator[str]:
    iam = providers.of(tenant, "iam")
    for step, policy in tenant["policies"].items():
        name = tenant["names"][step]
        found = iam.get_role_policy(RoleName=name, PolicyName="tenant")["PolicyDocument"]
        role = iam.get_role(RoleName=name)["Role"]
        if _sorted(found) != _sorted(policy) or _sorted(role["AssumeRolePolicyDocument"]) != _sorted(
            tenant["trusts"][step]
        ):
            yield f"{step} has another policy"
        yield from _tags(step, role["Tags"], tenant)


def _identities(providers: Providers, tenant: Json) -> Iterator[str]:
    for step, one in tenant["accounts"].items():
        found = providers.of(tenant, "eks").list_pod_identity_associations(
            clusterName=tenant["cluster"], namespace=tenant["namespace"], serviceAccount=one["account"]
        )["associations"]
        if len(found) != 1:
            yield f"{step}: {len(found)} associations"


def _database(providers: Providers, tenant: Json) -> Iterator[str]:
    """Logs in as the tenant would."""
    rds, manager = providers.of(tenant, "rds"), providers.of(tenant, "secretsmanager")
    wanted, users = tenant["database"], tenant["users"]
    found = rds.describe_db_instances(DBInstanceIdentifier=wanted["DBInstanceIdentifier"])["DBInstances"][0]
    for key in ("DBInstanceClass", "AllocatedStorage", "StorageEncrypted", "DeletionProtection"):
        if found[key] != wanted[key]:
            yield f"the database's {key} is {found[key]}"
    yield from _tags("database", found["TagList"], tenant)
    pages = rds.get_paginator("describe_db_parameters").paginate(
        DBParameterGroupName=wanted["DBParameterGroupName"]
    )
    values = {one["ParameterName"]: one.get("ParameterValue") for page in pages for one in page["Parameters"]}
    for key, value in tenant["parameters"].items():
        if values.get(key) != value:
            yield f"the database's parameter {key} is {values.get(key)}"
    secret = json.loads(
        manager.get_secret_value(SecretId=tenant["names"]["database-password"])["SecretString"]
    )
    if "token" not in manager.get_secret_value(SecretId=tenant["names"]["usage-token"])["SecretString"]:
        yield "there is no usage token"
    with psycopg.connect(
        host=found["Endpoint"]["Address"],
        port=found["Endpoint"]["Port"],
        dbname=wanted["DBName"],
        user=secret["username"],
        password=secret["password"],
    ) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    if secret["username"] != users["login"] or row != (users["owner"],):
        yield f"user {secret['username']} of the database acts as {row}"


def _objects(providers: Providers, tenant: Json) -> Iterator[str]:
    for manifest in (one for group in tenant["groups"].values() for one in group):
        kind, metadata = manifest["kind"], manifest["metadata"]
        served = providers.kind_of(tenant, manifest)
        try:
            found = served.get(name=metadata["name"], namespace=metadata.get("namespace")).to_dict()
        except NotFoundError:
            yield f"{kind} {metadata['name']} is missing"
            continue
        if not metadata["labels"].items() <= found["metadata"]["labels"].items():
            yield f"{kind} {metadata['name']} lacks labels"
        if kind in READY and (kind != "Service" or metadata["name"] == "proxy") and not READY[kind](found):
            yield f"{kind} {metadata['name']} is not ready"
        if any(mark in json.dumps(found["spec"]) for mark in tenant["marks"].values() if "spec" in found):
            yield f"{kind} {metadata['name']} holds a mark"


def _names(providers: Providers, tenant: Json) -> Iterator[str]:
    dns = tenant["dns"]
    listed = providers.of(tenant, "route53").get_paginator("list_resource_record_sets")
    pages = listed.paginate(HostedZoneId=dns["zone"])
    found = {
        (one["Name"].rstrip(".").replace("\\052", "*"), one["Type"])
        for page in pages
        for one in page["ResourceRecordSets"]
    }
    for one in dns["hosts"]:
        if not {(one["host"], "CNAME"), (one["registry"], "TXT")} <= found:
            yield f"DNS name {one['host']} is missing"


def _tags(step: str, found: list[dict[str, str]], tenant: Json) -> Iterator[str]:
    if not tenant["tags"][step].items() <= {tag["Key"]: tag["Value"] for tag in found}.items():
        yield f"{step} lacks tags"


def _sorted(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def providers_for(endpoints: Json, tenants: list[Json], folder: Path) -> Providers:
    """Clients for all places of these tenants."""
    regions = sorted({tenant["region"] for tenant in tenants})
    return Providers(endpoints, folder, regions, sorted({tenant["cell"] for tenant in tenants}))
