"""What a tenant of plan `team` consists of, as plain data: every name, tag, policy and manifest.

Rendered before the clock starts, so that peers pay for calls and not for templates. What only a call brings
to light stands as a mark in the manifests.
"""

from collections.abc import Sequence
from typing import Any

from activities.aws.bucket_properties import lifecycle_of
from activities.aws.database_properties import Properties, as_sent
from activities.aws.records import registry_value
from activities.aws.role import ASSUME
from catalog import Catalog, LoadedBlueprint, RenderContext, load_catalog
from domain.blueprint import StepKind
from domain.messages import Desired, TenantContext
from domain.naming import (
    database_name,
    database_owner,
    database_users,
    namespace_name,
    new_tenant_id,
    ownership_tags,
    registry_host,
    resource_name,
    tenant_host,
)
from domain.phases import Mode
from domain.plans import Cell, Target
from domain.sizing import size
from domain.specs import (
    BucketSpec,
    DatabaseParametersSpec,
    DatabaseSpec,
    DnsSpec,
    PodIdentitySpec,
    RoleSpec,
    spec_of,
)
from runtime.settings import Settings

Json = dict[str, Any]

PLAN = "team"
USERS = 20
REGIONS = ("us-east-1", "eu-west-1", "us-west-2")
INSTALL = "peers"
OUTPUTS = {
    "database.host": "__database_host__",
    "database.port": "__database_port__",
    "database-password.version": "__password_version__",
    "proxy.load_balancer": "__load_balancer__",
}
"""By output of a step the mark that stands for it."""


def make_tenants(count: int, regions: Sequence[str] = REGIONS) -> list[Json]:
    """New ones, over the regions as sign-ups at once are in `bench.stage`."""
    settings = Settings()
    catalog = load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
    return [_tenant(catalog, catalog.cells_of(regions[number % len(regions)])[0]) for number in range(count)]


def _tenant(catalog: Catalog, cell: Cell) -> Json:
    plan = catalog.plans[PLAN]
    tenant_id = new_tenant_id()
    tenant = TenantContext(
        id=tenant_id,
        slug=f"p-{tenant_id}",
        customer_id="peers",
        install=INSTALL,
        region=cell.region,
        cell=cell.name,
        blueprint=plan.blueprint,
    )
    target = Target(plan=PLAN, users=USERS)
    desired = Desired(target=target, sizes=size(plan, target), mode=Mode.RUNNING)
    context = RenderContext(tenant, cell, desired, OUTPUTS)
    blueprint = catalog.blueprint_of(PLAN)
    steps = blueprint.model.steps
    return {
        "id": tenant.id,
        "slug": tenant.slug,
        "cell": cell.name,
        "region": cell.region,
        "account": cell.account_id,
        "cluster": cell.cluster,
        "marks": OUTPUTS,
        "namespace": namespace_name(INSTALL, tenant.id),
        "names": {step.name: resource_name(INSTALL, tenant.id, step.name) for step in steps},
        "tags": {step.name: ownership_tags(INSTALL, tenant.id, tenant.slug, step.name) for step in steps},
        "steps": [{"name": step.name, "kind": step.kind.value, "needs": list(step.needs)} for step in steps],
        "groups": {
            step.name: blueprint.manifests(step.name, context)
            for step in steps
            if step.kind is StepKind.KUBERNETES
        },
        **_parts(blueprint, context),
    }


def _parts(blueprint: LoadedBlueprint, context: RenderContext) -> Json:
    parts: Json = {"policies": {}, "trusts": {}, "accounts": {}}
    for step in blueprint.model.steps:
        match spec_of(step):
            case BucketSpec() as spec:
                parts["lifecycle"] = lifecycle_of(spec)
            case DatabaseParametersSpec() as spec:
                parts["family"], parts["parameters"] = spec.family, spec.parameters
            case DatabaseSpec() as spec:
                parts["database"] = _database(spec, context)
                parts["users"] = _users(context.tenant.id)
            case RoleSpec() as spec:
                parts["policies"][step.name] = blueprint.policy(step.name, context)
                parts["trusts"][step.name] = _trust(spec, context, _bound(blueprint, step.name))
            case PodIdentitySpec() as spec:
                parts["accounts"][step.name] = {"account": spec.service_account, "role": spec.role}
            case DnsSpec() as spec:
                parts["dns"] = _dns(spec, context)
            case _:
                continue
    return parts


def _database(spec: DatabaseSpec, context: RenderContext) -> Json:
    """Parameters of CreateDBInstance but its password and tags."""
    tenant, cell, wanted = context.tenant, context.cell, context.desired.sizes.database
    if wanted is None:
        raise ValueError(f"plan {PLAN} has no database")
    properties = Properties(
        parameter_group=resource_name(INSTALL, tenant.id, spec.parameters),
        security_groups=(cell.database.security_group,),
        backup_days=spec.backup_days,
    )
    return {
        "DBInstanceIdentifier": resource_name(INSTALL, tenant.id, "database"),
        "Engine": "postgres",
        "EngineVersion": spec.engine_version,
        "DBInstanceClass": wanted.instance_class,
        "AllocatedStorage": wanted.storage_gib,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "DBName": database_name(tenant.id),
        "Port": 5432,
        "MasterUsername": database_name(tenant.id),
        "DBSubnetGroupName": cell.database.subnet_group,
        **as_sent(properties),
    }


def _users(tenant_id: str) -> Json:
    return {
        "master": database_name(tenant_id),
        "owner": database_owner(tenant_id),
        "login": database_users(tenant_id)[0],
    }


def _bound(blueprint: LoadedBlueprint, role: str) -> list[str]:
    """The service accounts that a role is for."""
    specs = map(spec_of, blueprint.model.steps)
    return [spec.service_account for spec in specs if isinstance(spec, PodIdentitySpec) and spec.role == role]


def _trust(spec: RoleSpec, context: RenderContext, accounts: list[str]) -> Json:
    cell = context.cell
    statement: Json = {"Effect": "Allow", "Action": ASSUME}
    if spec.trust == "operator":
        statement["Principal"] = {"AWS": cell.operator_role_arn}
    else:
        cluster = f"arn:{cell.partition}:eks:{cell.region}:{cell.account_id}:cluster/{cell.cluster}"
        statement["Principal"] = {"Service": "pods.eks.amazonaws.com"}
        statement["Condition"] = {
            "StringEquals": {
                "aws:SourceAccount": cell.account_id,
                "aws:RequestTag/eks-cluster-arn": cluster,
                "aws:RequestTag/kubernetes-namespace": namespace_name(INSTALL, context.tenant.id),
                "aws:RequestTag/kubernetes-service-account": accounts,
            }
        }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _dns(spec: DnsSpec, context: RenderContext) -> Json:
    hosts = [tenant_host(context.tenant.slug, context.cell.domain, label) for label in spec.names]
    return {
        "zone": context.cell.hosted_zone_id,
        "ttl": spec.ttl_seconds,
        "registry_value": registry_value(context.tenant),
        "hosts": [{"host": host, "registry": registry_host(host)} for host in hosts],
    }
