"""What bears our install's label in one cell's cluster: namespaces, then what stands outside of them."""

from collections.abc import Collection, Iterator

from activities.drift.patience import patiently
from activities.kubernetes.cluster import Cluster
from activities.kubernetes.objects import Key, labels_of, uid_of
from domain.errors import MissingKind
from domain.messages import JsonObject
from domain.naming import TAG_INSTALL, TAG_SLUG, TAG_TENANT
from store.orphans import Marked

NAMESPACE = ("v1", "Namespace")


def search(cluster: Cluster, cell: str, install: str, kinds: Collection[tuple[str, str]]) -> Iterator[Marked]:
    """`kinds` are those that blueprints have ever made, as API version and kind.

    What is in a namespace of the same tenant goes with it and is not listed by itself.
    """
    namespaces = {found.name: found for found in _of_kind(cluster, cell, install, *NAMESPACE)}
    yield from namespaces.values()
    for api_version, kind in kinds:
        if (api_version, kind) == NAMESPACE:
            continue
        try:
            for found in _of_kind(cluster, cell, install, api_version, kind):
                home = namespaces.get(found.namespace)
                if home is None or home.tenant_id != found.tenant_id:
                    yield found
        except MissingKind:
            # With the definition of a kind went all objects of it.
            continue


def _of_kind(cluster: Cluster, cell: str, install: str, api_version: str, kind: str) -> Iterator[Marked]:
    selector = f"{TAG_INSTALL}={install},{TAG_TENANT}"
    page, after = patiently(cluster.labelled, api_version, kind, selector)
    while page or after:
        for found in page:
            yield _marked(found, cell, Key(api_version, kind, "").ref_kind)
        page, after = patiently(cluster.labelled, api_version, kind, selector, after) if after else ([], "")


def _marked(found: JsonObject, cell: str, kind: str) -> Marked:
    labels = labels_of(found)
    metadata = found["metadata"]
    return Marked(
        kind=kind,
        name=metadata["name"],
        namespace=metadata.get("namespace", ""),
        tenant_id=labels[TAG_TENANT],
        cell=cell,
        provider_id=uid_of(found),
        slug=labels.get(TAG_SLUG, ""),
    )
