"""What a blueprint's templates may use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.blueprint import Blueprint, Step, StepKind
from domain.messages import Desired, TenantContext
from domain.naming import database_name, namespace_name, resource_name, tenant_host
from domain.phases import Mode
from domain.plans import Cell

NOT_KNOWN_YET = "not-known-yet"
"""Stands for an output while names are planned; no name may contain it."""


@dataclass(frozen=True)
class RenderContext:
    tenant: TenantContext
    cell: Cell
    desired: Desired
    outputs: Mapping[str, str]
    """What earlier steps found out: `<step>.<key>`."""


class PlannedOutputs(Mapping[str, str]):
    """Outputs before any step ran: every one exists, none has its value yet. Remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return NOT_KNOWN_YET

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str):
            self.asked.add(key)
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.asked)

    def __len__(self) -> int:
        return len(self.asked)


def _step(blueprint: Blueprint, name: str) -> Step:
    try:
        return blueprint.step(name)
    except KeyError:
        raise ValueError(f"no step is called '{name}'") from None


def arn(blueprint: Blueprint, step_name: str, context: RenderContext) -> str:
    """ARN of the thing that a step makes, exact but for the six characters that Secrets Manager appends.

    Raises ValueError for kinds without an ARN that is known beforehand.
    """
    step = _step(blueprint, step_name)
    cell, tenant = context.cell, context.tenant
    name = resource_name(tenant.install, tenant.id, step_name)
    prefix = f"arn:{cell.partition}"
    match step.kind:
        case StepKind.BUCKET:
            return f"{prefix}:s3:::{name}"
        case StepKind.SECRET:
            return f"{prefix}:secretsmanager:{cell.region}:{cell.account_id}:secret:{name}-??????"
        case StepKind.ROLE:
            return f"{prefix}:iam::{cell.account_id}:role/{name}"
        case StepKind.DATABASE:
            return f"{prefix}:rds:{cell.region}:{cell.account_id}:db:{name}"
        case _:
            raise ValueError(f"step '{step_name}' makes nothing with an ARN that is known beforehand")


def variables(blueprint: Blueprint, context: RenderContext) -> dict[str, Any]:
    """Everything that a template sees; documented for blueprint authors in docs/blueprints.md."""
    tenant, desired = context.tenant, context.desired
    return {
        "tenant": tenant,
        "cell": context.cell,
        "target": desired.target,
        "sizes": desired.sizes,
        "running": desired.mode is Mode.RUNNING,
        "values": blueprint.values,
        "outputs": context.outputs,
        "namespace": namespace_name(tenant.install, tenant.id),
        "host": tenant_host(tenant.slug, context.cell.domain),
        "database": database_name(tenant.id),
        "name": lambda step: resource_name(tenant.install, tenant.id, _step(blueprint, step).name),
        "arn": lambda step: arn(blueprint, step, context),
    }
