"""The provider calls of one sign-up as anybody would write them: boto3, the Kubernetes client, psycopg.

Knows nothing of Tenantry, so that it runs in the peers' own environment. Every function makes one thing and
takes the tenant as `tenants.py` describes it.
"""

import json
import secrets
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from kubernetes import config as kubeconfig
from kubernetes.dynamic import DynamicClient
from psycopg import sql

Json = dict[str, Any]

ALPHABET = string.ascii_letters + string.digits
SERVICES = ("s3", "secretsmanager", "rds", "iam", "eks", "route53")
WAITER = {"Delay": 1, "MaxAttempts": 600}
LOOK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 600
FIELD_MANAGER = "peers"
OPERATED = ("Certificate", "SecretStore", "ExternalSecret")


class Providers:
    """The clients, made once: making one takes longer than the calls of a sign-up. For several threads."""

    def __init__(self, endpoints: Json, folder: Path, regions: list[str], cells: list[str]) -> None:
        """`folder` is for the cache of what the clusters serve. Opens nothing but the clusters' discovery."""
        self._session = boto3.session.Session(endpoints["aws_access_key"], endpoints["aws_secret_key"])
        self._aws_url = endpoints["aws_url"]
        self._clients = {
            (service, region): self._made(service, region) for region in regions for service in SERVICES
        }
        self._clusters = {cell: _cluster(endpoints["kubeconfig"], cell, folder) for cell in cells}
        self._kinds: dict[tuple[str, str, str], Any] = {}

    def of(self, tenant: Json, service: str) -> Any:
        return self._clients[service, tenant["region"]]

    def kind_of(self, tenant: Json, manifest: Json) -> Any:
        """Looked up once: the client asks some API groups anew with every look-up."""
        key = (tenant["cell"], manifest["apiVersion"], manifest["kind"])
        if key not in self._kinds:
            resources = self._clusters[key[0]].resources
            self._kinds[key] = resources.get(api_version=key[1], kind=key[2])
        return self._kinds[key]

    def look_up(self, tenants: list[Json]) -> None:
        """Every kind of object, so that none is looked up within a sign-up."""
        for tenant in tenants:
            for manifests in tenant["groups"].values():
                for manifest in manifests:
                    self.kind_of(tenant, manifest)

    def _made(self, service: str, region: str) -> Any:
        options = Config(retries={"mode": "standard"}, max_pool_connections=50)
        return self._session.client(  # type: ignore[call-overload]  # the name of the service is a variable
            service, region_name=region, endpoint_url=self._aws_url, config=options
        )


def _cluster(file: str, cell: str, folder: Path) -> DynamicClient:
    client = kubeconfig.new_client_from_config(config_file=file, context=cell)
    cache = str(folder / f"discovery-{cell}.json")
    return DynamicClient(client, cache_file=cache)  # type: ignore[no-untyped-call]  # the stubs lack it


def bucket(providers: Providers, tenant: Json) -> None:
    s3, name = providers.of(tenant, "s3"), tenant["names"]["recordings"]
    configuration: Json = {"Tags": _listed(tenant["tags"]["recordings"])}
    if tenant["region"] != "us-east-1":
        configuration["LocationConstraint"] = tenant["region"]
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration=configuration, ObjectOwnership="BucketOwnerEnforced"
    )
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [tenant["lifecycle"]]}
    )


def secret(providers: Providers, tenant: Json, step: str, user: str | None = None) -> tuple[str, str]:
    """Version and password of a new secret; without a user it holds a token."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(40))
    value = {"username": user, "password": password} if user else {"token": password}
    made = providers.of(tenant, "secretsmanager").create_secret(
        Name=tenant["names"][step],
        Description=f"{step} of tenant {tenant['slug']}",
        SecretString=json.dumps(value),
        Tags=_listed(tenant["tags"][step]),
    )
    return made["VersionId"], password


def password_in(providers: Providers, tenant: Json, step: str) -> str:
    found = providers.of(tenant, "secretsmanager").get_secret_value(SecretId=tenant["names"][step])
    return str(json.loads(found["SecretString"])["password"])


def parameters(providers: Providers, tenant: Json) -> None:
    rds, name = providers.of(tenant, "rds"), tenant["names"]["database-parameters"]
    rds.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=tenant["family"],
        Description=f"Parameters of tenant {tenant['slug']}",
        Tags=_listed(tenant["tags"]["database-parameters"]),
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=name,
        Parameters=[
            {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for key, value in tenant["parameters"].items()
        ],
    )


def database(providers: Providers, tenant: Json, password: str) -> dict[str, str]:
    """Host and port, once it takes connections."""
    rds, name = providers.of(tenant, "rds"), tenant["names"]["database"]
    rds.create_db_instance(
        **tenant["database"], MasterUserPassword=password, Tags=_listed(tenant["tags"]["database"])
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        # One call less than the waiter, which keeps the address that it was answered to itself.
        found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        if found["DBInstanceStatus"] == "available":
            place = found["Endpoint"]
            return {"database.host": place["Address"], "database.port": str(place["Port"])}
        time.sleep(LOOK_AGAIN_SECONDS)
    raise TimeoutError(f"database {name} was not available in {PATIENCE_SECONDS} s")


def database_users(tenant: Json, place: dict[str, str], master: str, login: str) -> None:
    """A role that owns everything, and a user that acts as it, as the engine makes them."""
    users = tenant["users"]
    owner, user, name = map(sql.Identifier, (users["owner"], users["login"], tenant["database"]["DBName"]))
    with psycopg.connect(
        host=place["database.host"],
        port=int(place["database.port"]),
        dbname=tenant["database"]["DBName"],
        user=users["master"],
        password=master,
        autocommit=True,
    ) as connection:
        for statement in (
            sql.SQL("CREATE ROLE {} NOLOGIN CREATEDB").format(owner),
            sql.SQL("GRANT {} TO CURRENT_USER").format(owner),
            sql.SQL("GRANT rds_replication TO {}").format(owner),
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner),
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, sql.Literal(login)),
            sql.SQL("GRANT {} TO {}").format(owner, user),
            sql.SQL("ALTER ROLE {} SET role TO {}").format(user, owner),
        ):
            connection.execute(statement)


def role(providers: Providers, tenant: Json, step: str) -> str:
    """Its ARN."""
    iam, name = providers.of(tenant, "iam"), tenant["names"][step]
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(tenant["trusts"][step]),
        Description=f"{step} of tenant {tenant['slug']}",
        Tags=_listed(tenant["tags"][step]),
    )
    iam.put_role_policy(
        RoleName=name, PolicyName="tenant", PolicyDocument=json.dumps(tenant["policies"][step])
    )
    return str(made["Role"]["Arn"])


def identity(providers: Providers, tenant: Json, step: str, role_arn: str) -> None:
    providers.of(tenant, "eks").create_pod_identity_association(
        clusterName=tenant["cluster"],
        namespace=tenant["namespace"],
        serviceAccount=tenant["accounts"][step]["account"],
        roleArn=role_arn,
        tags=tenant["tags"][step],
    )


def group(providers: Providers, tenant: Json, step: str, outputs: dict[str, str]) -> str:
    """Applies the objects of one step and waits until all can be used; the load balancer's address or ''."""
    manifests = filled(tenant, step, outputs)
    for manifest in manifests:
        providers.kind_of(tenant, manifest).server_side_apply(
            body=manifest,
            name=manifest["metadata"]["name"],
            namespace=manifest["metadata"].get("namespace"),
            field_manager=FIELD_MANAGER,
        )
    waits = [
        _wait(providers.kind_of(tenant, manifest), manifest)
        for manifest in manifests
        if _becomes_ready(manifest)
    ]
    return next((address for address in waits if address), "")


def filled(tenant: Json, step: str, outputs: dict[str, str]) -> list[Json]:
    """With the values that are known by now in the place of their marks."""
    text = json.dumps(tenant["groups"][step])
    for output, value in outputs.items():
        text = text.replace(tenant["marks"][output], value)
    manifests: list[Json] = json.loads(text)
    return manifests


def dns(providers: Providers, tenant: Json, target: str) -> None:
    """Returns when all of Route 53's servers have it."""
    route53, wanted = providers.of(tenant, "route53"), tenant["dns"]
    records = [
        record
        for one in wanted["hosts"]
        for record in (
            ("CNAME", one["host"], target),
            ("TXT", one["registry"], wanted["registry_value"]),
        )
    ]
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": name,
                "Type": kind,
                "TTL": wanted["ttl"],
                "ResourceRecords": [{"Value": value}],
            },
        }
        for kind, name, value in records
    ]
    made = route53.change_resource_record_sets(HostedZoneId=wanted["zone"], ChangeBatch={"Changes": changes})
    route53.get_waiter("resource_record_sets_changed").wait(Id=made["ChangeInfo"]["Id"], WaiterConfig=WAITER)


def _becomes_ready(manifest: Json) -> bool:
    if manifest["kind"] == "Service":
        return bool(manifest["spec"].get("type") == "LoadBalancer")
    return manifest["kind"] in ("Deployment", *OPERATED)


def _wait(kind: Any, manifest: Json) -> str:
    """Raises TimeoutError. The address of a load balancer, else nothing."""
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = kind.get(name=name, namespace=namespace).to_dict()
        if READY[manifest["kind"]](found):
            return _address(found)
        time.sleep(LOOK_AGAIN_SECONDS)
    raise TimeoutError(f"{manifest['kind']} {namespace}/{name} was not ready in {PATIENCE_SECONDS} s")


def _address(found: Json) -> str:
    entries = found.get("status", {}).get("loadBalancer", {}).get("ingress") or []
    return next((one.get("hostname") or one.get("ip") or "" for one in entries), "")


def _rolled_out(found: Json) -> bool:
    """As `kubectl rollout status` has it."""
    status, replicas = found.get("status", {}), found["spec"]["replicas"]
    return bool(
        status.get("observedGeneration", 0) >= found["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == replicas
        and status.get("availableReplicas", 0) == replicas
    )


def _says_ready(found: Json) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


READY: dict[str, Callable[[Json], Any]] = {
    "Deployment": _rolled_out,
    "Service": _address,
    **dict.fromkeys(OPERATED, _says_ready),
}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
