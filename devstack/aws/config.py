"""What exists in this AWS from the start, and how slow it is."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat


class Delays(BaseModel):
    """Seconds by the front's clock until a change has taken place."""

    model_config = ConfigDict(extra="forbid")

    database: NonNegativeFloat = 0.0
    """from `creating` to `available`"""
    database_delete: NonNegativeFloat = 0.0
    """from `deleting` to gone"""
    database_modify: NonNegativeFloat = 0.0
    """from `modifying`, `starting`, `stopping` or `rebooting` to the state that follows"""
    dns: NonNegativeFloat = 0.0
    """from PENDING to INSYNC"""


class Cluster(BaseModel):
    """An EKS cluster that exists already."""

    model_config = ConfigDict(extra="forbid")

    name: str
    region: str


class Zone(BaseModel):
    """A public hosted zone that exists already."""

    model_config = ConfigDict(extra="forbid")

    id: str
    domain: str


class Role(BaseModel):
    """An IAM role that exists already, with its trust policy and what it may do."""

    model_config = ConfigDict(extra="forbid")

    name: str
    trust: dict[str, Any]
    policy: dict[str, Any]


class AwsConfig(BaseModel):
    """Everything that `python -m devstack.aws --config` reads."""

    model_config = ConfigDict(extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    """0 takes a free port"""
    postgres_url: str | None = None
    """a superuser's URL; each RDS instance becomes a role and a database in that server"""
    clusters: list[Cluster] = []
    zones: list[Zone] = []
    roles: list[Role] = []
    subnet_groups: dict[str, list[str]] = {}
    """region to DB subnet groups; a region that is not named takes any"""
    delays: Delays = Delays()
    quotas: dict[str, float] = {}
    """quota code to its applied value, beyond AWS's defaults"""
    callers: list[str] | None = None
    """the access keys that are let in; None lets in all"""
    policies: dict[str, list[dict[str, Any]]] = {}
    """access key to IAM policies, which then bound it; one that is not named may do anything"""
    accounts: dict[str, str] = {}
    """access key to account id, for callers that own things elsewhere"""
    insufficient_capacity: list[str] = []
    """DB instance classes that are refused for lack of capacity"""
