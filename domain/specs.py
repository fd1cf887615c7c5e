"""Parameters of each step kind, as a blueprint writes them under `spec`."""

from typing import Annotated, Literal

from pydantic import Field

from domain.blueprint import Step, StepKind
from domain.plans import Model


class BucketSpec(Model):
    archive_after_days: Annotated[int, Field(ge=1)] = 90
    expire_versions_after_days: Annotated[int, Field(ge=1)] = 30


class SecretSpec(Model):
    """What is born in AWS and known nowhere else, as a JSON object.

    `password`: one of letters and digits, under the key `password`, of the database's master user. `login`:
    one of the user as which the tenant logs in; it is rotated. `usage-token`: that by which the tenant's
    usage is taken, under the key `token`; its hash is recorded.
    """

    holds: Literal["password", "login", "usage-token"] = "password"
    length: Annotated[int, Field(ge=16, le=128)] = 40
    """Of a password."""


class DatabaseParametersSpec(Model):
    family: Annotated[str, Field(pattern=r"^postgres\d+$")]
    parameters: dict[str, str] = {}


class DatabaseSpec(Model):
    engine_version: str
    password: str
    """Step that makes the secret with the master password."""
    login: str | None = None
    """Step that makes the secret by which the tenant logs in; none: with the master password."""
    parameters: str
    """Step that makes the parameter group."""
    backup_days: Annotated[int, Field(ge=0, le=35)] = 7


class RoleSpec(Model):
    policy: str
    """File of the IAM policy, relative to the blueprint's folder."""
    trust: Literal["pod-identity", "operator"]
    """Who may assume it: a pod of the tenant, or the cell's External Secrets Operator."""


class PodIdentitySpec(Model):
    role: str
    """Step that makes the role."""
    service_account: str


class DnsSpec(Model):
    target: str
    """Output of another step that holds the load balancer's host name, for example `proxy.load_balancer`."""
    names: list[str] = [""]
    """Labels before the tenant's own name: empty for the name itself, `*` for everything below."""
    ttl_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60


class KubernetesSpec(Model):
    folder: str
    """Folder of the manifests, relative to the blueprint's folder; files are applied in name order."""


Spec = (
    BucketSpec
    | SecretSpec
    | DatabaseParametersSpec
    | DatabaseSpec
    | RoleSpec
    | PodIdentitySpec
    | DnsSpec
    | KubernetesSpec
)

SPECS: dict[StepKind, type[Spec]] = {
    StepKind.BUCKET: BucketSpec,
    StepKind.SECRET: SecretSpec,
    StepKind.DATABASE_PARAMETERS: DatabaseParametersSpec,
    StepKind.DATABASE: DatabaseSpec,
    StepKind.ROLE: RoleSpec,
    StepKind.POD_IDENTITY: PodIdentitySpec,
    StepKind.DNS: DnsSpec,
    StepKind.KUBERNETES: KubernetesSpec,
}


OUTPUTS: dict[StepKind, frozenset[str]] = {
    StepKind.SECRET: frozenset({"arn", "version"}),
    StepKind.ROLE: frozenset({"arn"}),
    StepKind.DATABASE: frozenset({"host", "port"}),
    StepKind.KUBERNETES: frozenset({"load_balancer"}),
}
"""What blueprints may use of an earlier step's outputs, as `<step>.<key>`; kinds left out have none.

`load_balancer` is there if the group has a Service of type LoadBalancer.
"""


def spec_of(step: Step) -> Spec:
    """The step's parameters, checked. Raises pydantic's ValidationError."""
    return SPECS[step.kind].model_validate(step.spec)
