"""The clients of the providers, as anybody would make them: boto3 and the Kubernetes client.

Knows nothing of Tenantry, so that it runs in the peers' own environment.
"""

from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from kubernetes import config as kubeconfig
from kubernetes.dynamic import DynamicClient

Json = dict[str, Any]

SERVICES = ("s3", "secretsmanager", "rds", "iam", "eks", "route53")


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
