"""RDS instances as RDS describes them: which states are usable, which final, and what changes are due."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from activities.aws.database_properties import Properties, found_in
from activities.aws.failures import code_of
from domain.sizing import DatabaseSize

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

USABLE = frozenset(
    {
        "available",
        "backing-up",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "storage-config-upgrade",
        "storage-initialization",
        "storage-optimization",
    }
)
"""States in which it accepts connections; a new instance is backed up before it says `available`."""

FAILED = frozenset({"failed", "insufficient-capacity", "restore-error", "storage-full"})
FAILED_PREFIXES = ("incompatible-", "inaccessible-encryption-credentials")

UNSNAPSHOTTABLE = frozenset({"failed", "incompatible-restore", "incompatible-network"})
"""States in which RDS deletes only without a final snapshot."""


@dataclass(frozen=True)
class Instance:
    """One answer of DescribeDBInstances."""

    name: str
    arn: str
    identity: str
    status: str
    tags: dict[str, str]
    host: str
    port: int
    instance_class: str
    storage_gib: int
    pending: bool
    """Whether a change of class or storage was accepted and has not begun: RDS still says `available`."""
    properties: Properties

    @property
    def protected(self) -> bool:
        return self.properties.protected

    @property
    def failed(self) -> bool:
        return self.status in FAILED or self.status.startswith(FAILED_PREFIXES)

    def waiting_for(self, wanted: DatabaseSize | None) -> str:
        """What is still missing until it is usable as wanted; empty if nothing is."""
        if self.status not in USABLE:
            return f"database {self.name} is {self.status}"
        if self.pending:
            return f"database {self.name} is about to be changed"
        if not self.host:
            return f"database {self.name} has no address yet"
        if wanted and self.instance_class != wanted.instance_class:
            return f"database {self.name} is still of class {self.instance_class}"
        return ""


def instance_of(raw: "DBInstanceTypeDef") -> Instance:
    """Class and storage are those that it will have once accepted changes took place."""
    pending = raw.get("PendingModifiedValues", {})
    endpoint = raw.get("Endpoint", {})
    return Instance(
        name=raw["DBInstanceIdentifier"],
        arn=raw["DBInstanceArn"],
        identity=raw.get("DbiResourceId", ""),
        status=raw["DBInstanceStatus"],
        tags={tag["Key"]: tag["Value"] for tag in raw.get("TagList", [])},
        host=endpoint.get("Address", ""),
        port=endpoint.get("Port", 0),
        instance_class=pending.get("DBInstanceClass", raw["DBInstanceClass"]),
        storage_gib=pending.get("AllocatedStorage", raw["AllocatedStorage"]),
        pending="DBInstanceClass" in pending or "AllocatedStorage" in pending,
        properties=found_in(raw),
    )


def describe(client: "RDSClient", name: str) -> Instance | None:
    """The instance of that name, or None."""
    try:
        return instance_of(client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])
    except ClientError as error:
        if code_of(error) == "DBInstanceNotFound":
            return None
        raise
