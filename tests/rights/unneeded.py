"""Shipped rights that nothing needed."""

from collections.abc import Collection, Iterator

from catalog import Catalog
from tests.catalog.samples import objects_of, tenant_of
from tests.rights.reference import fits
from tests.rights.shipped import INSTALLS, shipped_catalog
from tests.rights.templates import ClusterRight, aws_rights, cluster_rights, listed, rights_of
from worker.policies import filled

Gathered = Collection[tuple[str, ...]]
PLANS = {"teleport": "team", "echo": "echo"}
"""One of each blueprint."""


def unneeded(gathered: Gathered) -> list[str]:
    """In words, sorted. What a blueprint's Roles hand on counts as needed."""
    catalog = shipped_catalog()
    return sorted([*_in_aws(gathered, catalog), *_in_clusters(gathered, catalog)])


def handed_on(catalog: Catalog) -> set[ClusterRight]:
    """What the Roles of the shipped blueprints give: a worker cannot make them without having it."""
    return {
        right
        for plan in PLANS.values()
        for manifest in objects_of(catalog, tenant_of(catalog, plan))
        if manifest["kind"] == "Role"
        for rule in manifest["rules"]
        for right in rights_of(rule)
    }


def _in_aws(gathered: Gathered, catalog: Catalog) -> Iterator[str]:
    needed = {right[1:] for right in gathered if right[0] == "aws"}
    cells = list(catalog.cells.values())
    for right in aws_rights():
        patterns = {
            pattern for install in INSTALLS for pattern in listed(filled(right.resource, install, cells))
        }
        if fits(right.action, right.resource) and not any(
            (right.sid, right.action, pattern) in needed for pattern in patterns
        ):
            yield f"{right.sid}: {right.action} on {right.resource}"


def _in_clusters(gathered: Gathered, catalog: Catalog) -> Iterator[str]:
    used = {ClusterRight(*right[1:]) for right in gathered if right[0] == "kubernetes"}
    for right in cluster_rights() - used - handed_on(catalog):
        yield f"ClusterRole: {right.verb} {right.resource} of group '{right.group}'"
