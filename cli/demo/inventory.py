"""What exists of each tenant, asked of AWS and Kubernetes themselves: our own tables are not looked at."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3
from kubernetes import config as kubernetes_config

Cells = Sequence[dict[str, Any]]

KUBERNETES_LISTS = {
    "namespaces": ("/api/v1/namespaces",),
    "deployments": ("/apis/apps/v1/deployments",),
    "services": ("/api/v1/services",),
    "other objects": (
        "/api/v1/configmaps",
        "/api/v1/limitranges",
        "/api/v1/resourcequotas",
        "/api/v1/secrets",
        "/api/v1/serviceaccounts",
        "/apis/autoscaling/v2/horizontalpodautoscalers",
        "/apis/cert-manager.io/v1/certificates",
        "/apis/external-secrets.io/v1/externalsecrets",
        "/apis/external-secrets.io/v1/secretstores",
        "/apis/networking.k8s.io/v1/networkpolicies",
        "/apis/policy/v1/poddisruptionbudgets",
        "/apis/rbac.authorization.k8s.io/v1/rolebindings",
        "/apis/rbac.authorization.k8s.io/v1/roles",
    ),
}
KINDS = (
    *("buckets", "secrets", "databases", "db parameters", "roles", "identities", "dns records"),
    *KUBERNETES_LISTS,
)


def count_things(
    tenants: Mapping[str, str], cells: Cells, environment: Mapping[str, str]
) -> dict[str, Counter[str]]:
    """Per slug of `tenants` (slug to tenant id) how many things of each of KINDS exist."""
    found: dict[str, Counter[str]] = {slug: Counter() for slug in tenants}
    things = [*_aws(cells, environment), *_clusters(cells, Path(environment["TENANTRY_KUBECONFIG"]))]
    for kind, name in things:
        for slug, tenant_id in tenants.items():
            # Provider names carry the id; only addresses carry the slug.
            if f"-{tenant_id}-" in name or (kind == "dns records" and slug in name.split(".")):
                found[slug][kind] += 1
    return found


def _aws(cells: Cells, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    url = environment["TENANTRY_AWS_ENDPOINT_URL"]
    for bucket in session.client("s3", endpoint_url=url).list_buckets()["Buckets"]:
        yield "buckets", bucket["Name"]
    roles = session.client("iam", endpoint_url=url).get_paginator("list_roles").paginate()
    for role in roles.search("Roles"):
        yield "roles", role["RoleName"]
    for region in sorted({cell["region"] for cell in cells}):
        yield from _regional(session, url, region)
    for cell in cells:
        yield from _of_cell(session, url, cell)


def _regional(session: boto3.Session, url: str, region: str) -> Iterator[tuple[str, str]]:
    secrets = session.client("secretsmanager", region, endpoint_url=url)
    for secret in secrets.get_paginator("list_secrets").paginate().search("SecretList"):
        yield "secrets", secret["Name"]
    rds = session.client("rds", region, endpoint_url=url)
    for database in rds.get_paginator("describe_db_instances").paginate().search("DBInstances"):
        yield "databases", database["DBInstanceIdentifier"]
    groups = rds.get_paginator("describe_db_parameter_groups").paginate()
    for group in groups.search("DBParameterGroups"):
        yield "db parameters", group["DBParameterGroupName"]


def _of_cell(session: boto3.Session, url: str, cell: dict[str, Any]) -> Iterator[tuple[str, str]]:
    eks = session.client("eks", cell["region"], endpoint_url=url)
    pages = eks.get_paginator("list_pod_identity_associations").paginate(clusterName=cell["cluster"])
    for association in pages.search("associations"):
        yield "identities", association["namespace"]
    zones = session.client("route53", endpoint_url=url).get_paginator("list_resource_record_sets")
    for record in zones.paginate(HostedZoneId=cell["hosted_zone_id"]).search("ResourceRecordSets"):
        yield "dns records", record["Name"]


def _clusters(cells: Cells, kubeconfig: Path) -> Iterator[tuple[str, str]]:
    for cell in cells:
        api = kubernetes_config.new_client_from_config(str(kubeconfig), context=cell["name"])
        for kind, paths in KUBERNETES_LISTS.items():
            for path in paths:
                for item in _items(api, path):
                    metadata = item["metadata"]
                    yield kind, metadata.get("namespace") or metadata["name"]


def _items(api: Any, path: str) -> list[dict[str, Any]]:
    """One list, raw: the typed models have none of the custom kinds."""
    accept = {"Accept": "application/json"}
    request = api.param_serialize("GET", path, header_params=accept, auth_settings=["BearerToken"])
    answer = api.call_api(*request)
    answer.read()
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {answer.status}")
    items: list[dict[str, Any]] = json.loads(answer.data)["items"]
    return items
