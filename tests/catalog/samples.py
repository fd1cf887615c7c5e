"""Made-up tenants of the shipped catalog."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalog import Catalog, RenderContext
from domain.blueprint import StepKind
from domain.messages import Desired, TenantContext
from domain.phases import Mode
from domain.plans import Target
from domain.sizing import size

ROOT = Path(__file__).parents[2]

OUTPUTS = {
    "database.host": "db.example.internal",
    "database.port": "5432",
    "database-password.version": "5f0c2a",
    "proxy.load_balancer": "lb.example.com",
}


def tenant_of(
    catalog: Catalog,
    plan: str,
    *,
    users: int | None = None,
    mode: Mode = Mode.RUNNING,
    cell: str = "use1",
    tenant_id: str = "tabcdefghijk",
    slug: str = "acme",
    install: str = "tenantry",
) -> RenderContext:
    """A tenant of a plan as the engine describes it to the catalog."""
    place = catalog.cells[cell]
    target = Target(plan=plan, users=users or catalog.plans[plan].users.min)
    return RenderContext(
        tenant=TenantContext(
            id=tenant_id,
            slug=slug,
            customer_id="customer",
            install=install,
            region=place.region,
            cell=cell,
            blueprint=catalog.plans[plan].blueprint,
        ),
        cell=place,
        desired=Desired(target=target, sizes=size(catalog.plans[plan], target), mode=mode),
        outputs=OUTPUTS,
    )


def every_tenant(catalog: Catalog) -> Iterator[RenderContext]:
    """Every plan, smallest and largest, running and stopped."""
    for name, plan in catalog.plans.items():
        for users in (plan.users.min, plan.users.max):
            for mode in Mode:
                yield tenant_of(catalog, name, users=users, mode=mode)


def objects_of(catalog: Catalog, tenant: RenderContext) -> list[dict[str, Any]]:
    """Everything that a tenant consists of in Kubernetes."""
    blueprint = catalog.blueprints[tenant.tenant.blueprint]
    steps = [step.name for step in blueprint.model.steps if step.kind is StepKind.KUBERNETES]
    return [manifest for step in steps for manifest in blueprint.manifests(step, tenant)]


def object_of(catalog: Catalog, tenant: RenderContext, kind: str, name: str) -> dict[str, Any]:
    """The one object of this kind and name."""
    found = [
        manifest
        for manifest in objects_of(catalog, tenant)
        if manifest["kind"] == kind and manifest["metadata"]["name"] == name
    ]
    assert len(found) == 1, f"{len(found)} objects {kind} {name}"
    return found[0]


def pod_of(catalog: Catalog, component: str, **tenant: Any) -> dict[str, Any]:
    """The pod of a component of a team tenant."""
    deployment = object_of(catalog, tenant_of(catalog, "team", **tenant), "Deployment", component)
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec
