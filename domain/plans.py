"""What is sold (plans), where it runs (cells), and what a customer asks for (targets)."""

from ipaddress import ip_network
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class Model(BaseModel):
    """Immutable, strict about unknown fields: a misspelt key is an error and not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Count = Annotated[int, Field(ge=0, le=1_000_000)]


class ResourceCounts(Model):
    """How many things of each kind the customer will protect."""

    servers: Count = 0
    databases: Count = 0
    applications: Count = 0
    clusters: Count = 0


class Target(Model):
    """What a customer asks for: a plan and how much of it."""

    plan: str
    users: Annotated[int, Field(ge=1, le=1_000_000)]
    resources: ResourceCounts = ResourceCounts()


class LoadWeights(Model):
    """Load units per user and per protected thing, in thousandths of one user."""

    user: Annotated[int, Field(ge=0)] = 1000
    server: Annotated[int, Field(ge=0)] = 50
    database: Annotated[int, Field(ge=0)] = 100
    application: Annotated[int, Field(ge=0)] = 100
    cluster: Annotated[int, Field(ge=0)] = 500


class ComponentPlan(Model):
    """Size of one Deployment: replicas follow the load, CPU and memory are fixed per replica."""

    min_replicas: Annotated[int, Field(ge=1, le=100)]
    max_replicas: Annotated[int, Field(ge=1, le=100)]
    load_per_replica: Annotated[int, Field(ge=1)]
    """Users' worth of load that one replica carries."""
    cpu_millis: Annotated[int, Field(ge=1)]
    """What one replica requests; blueprints may let it burst above."""
    memory_mib: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _ordered(self) -> "ComponentPlan":
        if self.max_replicas < self.min_replicas:
            raise ValueError("max_replicas is below min_replicas")
        return self


STORAGE_GROWTH_PERCENT = 10
"""RDS refuses to grow a disk by less than this."""


class DatabaseStep(Model):
    """One rung of the ladder: this class and disk carry up to `load` users' worth of load."""

    load: Annotated[int, Field(ge=1)]
    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")]
    storage_gib: Annotated[int, Field(ge=20, le=65_536)]


class DatabasePlan(Model):
    ladder: Annotated[list[DatabaseStep], Field(min_length=1)]

    @model_validator(mode="after")
    def _ascending(self) -> "DatabasePlan":
        loads = [step.load for step in self.ladder]
        if loads != sorted(set(loads)):
            raise ValueError("the ladder's loads must ascend")
        disks = [step.storage_gib for step in self.ladder]
        for small, large in pairwise(disks):
            if large < small:
                raise ValueError("the ladder's storage must not shrink: RDS never makes a disk smaller")
            if large > small and large * 100 < small * (100 + STORAGE_GROWTH_PERCENT):
                raise ValueError(
                    f"storage from {small} to {large} GiB grows by less than {STORAGE_GROWTH_PERCENT} %"
                )
        return self


class UserRange(Model):
    min: Annotated[int, Field(ge=1)] = 1
    max: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _ordered(self) -> "UserRange":
        if self.max < self.min:
            raise ValueError("max is below min")
        return self


class Plan(Model):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    title: str
    blueprint: str
    users: UserRange
    load: LoadWeights = LoadWeights()
    components: dict[str, ComponentPlan]
    database: DatabasePlan | None = None
    final_snapshot: bool = False
    """Whether removal keeps a last RDS snapshot."""
    grace_days: Annotated[int, Field(ge=0, le=90)] = 14
    """How long a torn-down tenant stays restorable unless the request says otherwise."""


def _network(text: str) -> str:
    ip_network(text)
    return text


Cidr = Annotated[str, AfterValidator(_network)]


class CellDatabase(Model):
    subnet_group: str
    security_group: str
    cidr: Cidr
    ca_certificate: str | None = None
    """PEM bundle of the region's RDS authorities; with it tenants verify the database's certificate."""


class Cell(Model):
    """One region's cluster that tenants are placed in."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    kube_context: str | None = None
    """Context of the kubeconfig; none means the in-cluster configuration."""
    cluster: str
    """Name of the EKS cluster, for Pod Identity associations."""
    allocatable_cpu_millis: Annotated[int, Field(ge=1)]
    allocatable_memory_mib: Annotated[int, Field(ge=1)]
    database: CellDatabase
    endpoint_cidr: Cidr
    """Where the AWS endpoints (S3, STS) are reached on 443."""
    hosted_zone_id: str
    domain: str
    certificate_issuer: str
    image_registry: str
    operator_role_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")]
    """Identity of the External Secrets Operator; tenant roles for reading secrets trust only it."""
    account_id: Annotated[str, Field(pattern=r"^\d{12}$")]
    partition: Literal["aws", "aws-us-gov", "aws-cn"] = "aws"
