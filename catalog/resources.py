"""The things that steps make in AWS, by the names that they will have."""

from collections.abc import Iterable

from domain.blueprint import Step, StepKind
from domain.errors import CatalogError
from domain.messages import ResourceRef, TenantContext
from domain.naming import namespace_name, registry_host, resource_name, tenant_host
from domain.plans import Cell
from domain.specs import DnsSpec, PodIdentitySpec, spec_of

KIND_WORDS = {
    StepKind.BUCKET: "s3:bucket",
    StepKind.SECRET: "secretsmanager:secret",
    StepKind.DATABASE_PARAMETERS: "rds:db-parameter-group",
    StepKind.DATABASE: "rds:db-instance",
    StepKind.ROLE: "iam:role",
    StepKind.POD_IDENTITY: "eks:pod-identity-association",
    StepKind.DNS: "route53:record",
}


def check_policy(kinds: Iterable[str]) -> None:
    """Raises CatalogError for AWS kinds that no step makes: a policy about them would never apply."""
    known = sorted(KIND_WORDS.values())
    wrong = [kind for kind in kinds if ":" in kind and kind not in known]
    if wrong:
        there_are = ", ".join(known)
        raise CatalogError(
            [f"TENANTRY_DRIFT_POLICY: there is no kind '{kind}'; there are {there_are}" for kind in wrong]
        )


def aws_resources(step: Step, tenant: TenantContext, cell: Cell) -> list[ResourceRef]:
    """What one AWS step makes for a tenant: one thing, or a DNS record and its registry record per name."""
    return [
        ResourceRef(step=step.name, step_kind=step.kind, kind=KIND_WORDS[step.kind], name=name)
        for name in _names(step, tenant, cell)
    ]


def _names(step: Step, tenant: TenantContext, cell: Cell) -> list[str]:
    spec = spec_of(step)
    if isinstance(spec, PodIdentitySpec):
        return [f"{namespace_name(tenant.install, tenant.id)}/{spec.service_account}"]
    if isinstance(spec, DnsSpec):
        hosts = [tenant_host(tenant.slug, cell.domain, label) for label in spec.names]
        return [name for host in hosts for name in (f"{host} CNAME", f"{registry_host(host)} TXT")]
    return [resource_name(tenant.install, tenant.id, step.name)]
