"""From a file's documents to objects as they are applied: ours by label, and in the tenant's namespace."""

from typing import Any

from catalog.context import NOT_KNOWN_YET, RenderContext
from domain.naming import TAG_INSTALL, TAG_TENANT, namespace_name, ownership_tags

Manifest = dict[str, Any]

MANAGED_BY = {"app.kubernetes.io/managed-by": "tenantry"}
CLUSTER_SCOPED = frozenset(
    "ClusterRole ClusterRoleBinding CSIDriver CustomResourceDefinition IngressClass "
    "MutatingWebhookConfiguration Node PersistentVolume PriorityClass RuntimeClass StorageClass "
    "ValidatingAdmissionPolicy ValidatingWebhookConfiguration".split()
)
_POD_TEMPLATE_LABELS = (TAG_INSTALL, TAG_TENANT)


class ManifestProblem(ValueError):
    """A document is no object that a tenant may have."""


def finished(document: Any, step: str, context: RenderContext) -> Manifest:
    """The object with its namespace and with labels that say whose it is. Raises ManifestProblem."""
    manifest = _checked_shape(document)
    tenant = context.tenant
    ownership = ownership_tags(tenant.install, tenant.id, tenant.slug, step)
    metadata = manifest["metadata"]
    _place(manifest, metadata, namespace_name(tenant.install, tenant.id))
    _label(metadata, ownership | MANAGED_BY)
    template = _pod_template(manifest)
    if template is not None:
        # Without the step: moving an object to another group must not restart its pods.
        _label(template.setdefault("metadata", {}), {key: ownership[key] for key in _POD_TEMPLATE_LABELS})
    return manifest


def kind_word(manifest: Manifest) -> str:
    """How the inventory names a kind: 'apps/v1/Deployment'."""
    return f"{manifest['apiVersion']}/{manifest['kind']}"


def _checked_shape(document: Any) -> Manifest:
    if not isinstance(document, dict):
        raise ManifestProblem("a document is not a Kubernetes object but a " + type(document).__name__)
    for key in ("apiVersion", "kind"):
        if not isinstance(document.get(key), str):
            raise ManifestProblem(f"{key} is missing")
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise ManifestProblem(f"{document['kind']}: metadata.name is missing")
    if NOT_KNOWN_YET in metadata["name"]:
        raise ManifestProblem(f"{document['kind']}: a name may not depend on an output")
    return document


def _place(manifest: Manifest, metadata: dict[str, Any], namespace: str) -> None:
    if manifest["kind"] == "Namespace":
        if metadata["name"] != namespace:
            raise ManifestProblem(
                f"the namespace of a tenant is called {{{{ namespace }}}}, not {metadata['name']}"
            )
        return
    # The engine removes a tenant with its namespace, so an object outside of it would be left behind.
    if manifest["kind"] in CLUSTER_SCOPED:
        raise ManifestProblem(f"{manifest['kind']} {metadata['name']} belongs to the whole cluster")
    if metadata.setdefault("namespace", namespace) != namespace:
        raise ManifestProblem(f"{manifest['kind']} {metadata['name']} is outside of the tenant's namespace")


def _label(metadata: dict[str, Any], labels: dict[str, str]) -> None:
    own = metadata.setdefault("labels", {})
    taken = [key for key, value in labels.items() if own.get(key, value) != value]
    if taken:
        raise ManifestProblem(f"label {taken[0]} is set by the engine")
    own.update(labels)


def _pod_template(manifest: Manifest) -> dict[str, Any] | None:
    spec = manifest.get("spec")
    if manifest["kind"] == "CronJob" and isinstance(spec, dict):
        spec = spec.get("jobTemplate", {}).get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    return template if isinstance(template, dict) and isinstance(template.get("spec"), dict) else None
