"""What really exists, asked of AWS and Kubernetes themselves. Shares no code with the activities."""

from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from kubernetes import client as kube
from kubernetes import config as kubeconfig

ACCOUNT_WIDE_REGION = "us-east-1"


class Auditor:
    """Lists everything whose name, tag or label names a tenant id."""

    def __init__(self, aws_url: str, kubeconfig_file: Path, cells: list[dict[str, Any]]) -> None:
        self._aws_url = aws_url
        self._kubeconfig = kubeconfig_file
        self._cells = cells
        self._clients: dict[tuple[str, str], Any] = {}
        self._clusters: dict[str, kube.ApiClient] = {}

    def things_of(self, tenant_id: str) -> list[str]:
        """One line per thing, sorted: '<kind> <name>'."""
        found = self._account_wide(tenant_id)
        for cell in self._cells:
            found += self._in_region(tenant_id, cell)
        # Contexts of several cells may lead to one server.
        for cell in {self._server(cell["name"]): cell for cell in self._cells}.values():
            found += self._in_cluster(tenant_id, cell)
        return sorted(found)

    def database(self, tenant_id: str, region: str) -> dict[str, Any]:
        """RDS's own description of the tenant's instance."""
        instances = self._all("rds", region, "describe_db_instances", "DBInstances")
        found: dict[str, Any] = next(i for i in instances if tenant_id in i["DBInstanceIdentifier"])
        return found

    def deployment(self, cell: str, tenant_id: str, name: str) -> Any:
        """The Deployment of that name in the tenant's namespace."""
        return next(
            d for d in self.deployments(cell) if d.metadata.name == name and tenant_id in d.metadata.namespace
        )

    def quota(self, cell: str, tenant_id: str) -> dict[str, str]:
        """Hard limits of the tenant's ResourceQuota."""
        found: list[Any] = list(
            kube.CoreV1Api(self.cluster(cell)).list_resource_quota_for_all_namespaces().items
        )
        hard: dict[str, str] = next(q.spec.hard for q in found if tenant_id in q.metadata.namespace)
        return hard

    def deployments(self, cell: str) -> list[Any]:
        """Of all tenants in the cell."""
        apps = kube.AppsV1Api(self.cluster(cell))
        found: list[Any] = list(apps.list_deployment_for_all_namespaces().items)
        return found

    def aws(self, service: str, region: str = ACCOUNT_WIDE_REGION) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = boto3.client(  # type: ignore[call-overload]  # the service is a variable
                service,
                region_name=region,
                endpoint_url=self._aws_url,
                aws_access_key_id="auditor",
                aws_secret_access_key="auditor",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._clients[key]

    def _account_wide(self, tenant_id: str) -> list[str]:
        buckets = self._all("s3", ACCOUNT_WIDE_REGION, "list_buckets", "Buckets")
        roles = self._all("iam", ACCOUNT_WIDE_REGION, "list_roles", "Roles")
        return [f"bucket {b['Name']}" for b in buckets if tenant_id in b["Name"]] + [
            f"role {r['RoleName']}" for r in roles if tenant_id in r["RoleName"]
        ]

    def _in_region(self, tenant_id: str, cell: dict[str, Any]) -> list[str]:
        region = cell["region"]
        return [
            *(
                f"secret {s['Name']}"
                for s in self._all("secretsmanager", region, "list_secrets", "SecretList")
                if tenant_id in s["Name"]
            ),
            *self.databases_of(tenant_id, region),
            *(
                f"identity {a['namespace']}/{a['serviceAccount']}"
                for a in self._all(
                    "eks",
                    region,
                    "list_pod_identity_associations",
                    "associations",
                    clusterName=cell["cluster"],
                )
                if tenant_id in a["namespace"]
            ),
            *(
                f"record {r['Name']} {r['Type']}"
                for r in self._all(
                    "route53",
                    ACCOUNT_WIDE_REGION,
                    "list_resource_record_sets",
                    "ResourceRecordSets",
                    HostedZoneId=cell["hosted_zone_id"],
                )
                if tenant_id in str(r)
            ),
        ]

    def databases_of(self, tenant_id: str, region: str) -> list[str]:
        """Instances, the copies of their data that outlive them, and their parameter groups."""
        instances = self._all("rds", region, "describe_db_instances", "DBInstances")
        snapshots = self._all("rds", region, "describe_db_snapshots", "DBSnapshots", SnapshotType="manual")
        backups = self._all(
            "rds", region, "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups"
        )
        groups = self._all("rds", region, "describe_db_parameter_groups", "DBParameterGroups")
        names = [
            *(("database", i["DBInstanceIdentifier"]) for i in instances),
            *(("snapshot", s["DBSnapshotIdentifier"]) for s in snapshots),
            *(("backup", b["DBInstanceIdentifier"]) for b in backups if b["Status"] == "retained"),
            *(("parameters", g["DBParameterGroupName"]) for g in groups),
        ]
        return [f"{kind} {name}" for kind, name in names if tenant_id in name]

    def _all(self, service: str, region: str, operation: str, key: str, **where: str) -> list[Any]:
        """What an operation lists, over all its pages."""
        pages = self.aws(service, region).get_paginator(operation).paginate(**where)
        return [found for page in pages for found in page[key]]

    def _in_cluster(self, tenant_id: str, cell: dict[str, Any]) -> list[str]:
        core = kube.CoreV1Api(self.cluster(cell["name"]))
        names = [n.metadata.name for n in core.list_namespace().items if n.metadata and n.metadata.name]
        return [f"namespace {name}" for name in names if tenant_id in name]

    def _server(self, cell: str) -> str:
        client: Any = self.cluster(cell)  # the stubs leave the configuration out
        return str(client.configuration.host)

    def cluster(self, cell: str) -> kube.ApiClient:
        """A client of the cell's cluster."""
        if cell not in self._clusters:
            client = kubeconfig.new_client_from_config(str(self._kubeconfig), context=cell)
            self._clusters[cell] = client
        return self._clusters[cell]
