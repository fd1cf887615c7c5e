"""Rendered manifests against the schemas of Kubernetes and of the operators' own kinds."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no types
import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils

from catalog import Catalog
from devstack.kubernetes.pod_security import violations
from domain.phases import Mode
from tests.catalog.samples import ROOT, every_tenant, objects_of, tenant_of

VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")
CUSTOM_GROUPS = ("external-secrets.io/", "cert-manager.io/")


@pytest.fixture(autouse=True)
def schemas_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "schema_contents", _schema_contents)


_schema_contents = cache(utils.schema_contents)


def distinct_objects(catalog: Catalog) -> list[dict[str, Any]]:
    """Every object of every plan, size and mode, but those that are alike only once."""
    found = (manifest for tenant in every_tenant(catalog) for manifest in objects_of(catalog, tenant))
    return [json.loads(text) for text in {json.dumps(manifest, sort_keys=True): None for manifest in found}]


def is_custom(manifest: dict[str, Any]) -> bool:
    return str(manifest["apiVersion"]).startswith(CUSTOM_GROUPS)


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_are_strictly_valid(catalog: Catalog, version: str) -> None:
    """Every object of every plan, size and mode is valid for each Kubernetes, with no unknown field."""
    checked = [manifest for manifest in distinct_objects(catalog) if not is_custom(manifest)]
    assert len(checked) > 40
    for manifest in checked:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_custom_objects_fit_their_definitions(catalog: Catalog) -> None:
    """SecretStore, ExternalSecret and Certificate fit the operators' schemas, with no unknown field."""
    schemas = {(group_version, kind): schema for group_version, kind, schema in _custom_schemas()}
    checked = [manifest for manifest in distinct_objects(catalog) if is_custom(manifest)]
    assert {manifest["kind"] for manifest in checked} == {"SecretStore", "ExternalSecret", "Certificate"}
    for manifest in checked:
        jsonschema.validate(manifest, schemas[manifest["apiVersion"], manifest["kind"]])


def test_pods_meet_the_restricted_standard(catalog: Catalog) -> None:
    """No pod of any blueprint would be refused by the Pod Security level of its namespace."""
    pods = [manifest for manifest in distinct_objects(catalog) if manifest["kind"] == "Deployment"]
    assert {pod["metadata"]["name"] for pod in pods} == {"auth", "proxy", "echo"}
    for pod in pods:
        assert violations(pod["spec"]["template"]["spec"], "restricted") == ""


def test_every_container_fits_the_quota(catalog: Catalog) -> None:
    """Running pods at full scale stay within the namespace's quota, and state what the quota makes a duty."""
    for tenant in every_tenant(catalog):
        if tenant.desired.mode is Mode.STOPPED:
            continue
        objects = objects_of(catalog, tenant)
        quota = next(item["spec"]["hard"] for item in objects if item["kind"] == "ResourceQuota")
        used = {"requests.cpu": 0, "limits.cpu": 0, "requests.memory": 0, "limits.memory": 0, "pods": 0}
        for deployment in (item for item in objects if item["kind"] == "Deployment"):
            size = tenant.desired.sizes.components[deployment["metadata"]["name"]]
            (container,) = deployment["spec"]["template"]["spec"]["containers"]
            used["pods"] += size.max_replicas
            for part, amounts in container["resources"].items():
                for unit, amount in amounts.items():
                    used[f"{part}.{unit}"] += size.max_replicas * _number(amount)
        for key, limit in quota.items():
            if key in used:
                assert used[key] <= _number(limit), f"{tenant.desired.target.plan}: {key}"


def test_no_manifest_bears_a_secret(catalog: Catalog) -> None:
    """No blueprint writes a Secret: operators make them in the cluster, out of the engine's sight."""
    for plan in catalog.plans:
        kinds = {manifest["kind"] for manifest in objects_of(catalog, tenant_of(catalog, plan))}
        assert "Secret" not in kinds


def _number(quantity: Any) -> int:
    return int(str(quantity).rstrip("mMi"))


def _custom_schemas() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in sorted((ROOT / "devstack" / "crds").glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            spec = document["spec"]
            for version in spec["versions"]:
                schema = _closed(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object"}
                yield f"{spec['group']}/{version['name']}", spec["names"]["kind"], schema


def _closed(schema: Any) -> Any:
    """A structural schema that refuses what it does not name, as strict field validation does."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", bool(schema.get("x-kubernetes-preserve-unknown-fields")))
    return closed
