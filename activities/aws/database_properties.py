"""What an RDS instance of a tenant is like beside its size: as it is made, found and brought back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.aws.base import name_of
from domain.messages import StepCall
from domain.plans import Cell
from domain.specs import DatabaseSpec

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef


@dataclass(frozen=True)
class Properties:
    """What can be set when an instance is made and changed at any time after it."""

    parameter_group: str
    security_groups: tuple[str, ...]
    backup_days: int
    public: bool = False
    multi_az: bool = False
    protected: bool = True
    tags_on_snapshots: bool = True
    minor_upgrades: bool = True


NAMES = {
    "parameter_group": "DBParameterGroupName",
    "security_groups": "VpcSecurityGroupIds",
    "backup_days": "BackupRetentionPeriod",
    "public": "PubliclyAccessible",
    "multi_az": "MultiAZ",
    "protected": "DeletionProtection",
    "tags_on_snapshots": "CopyTagsToSnapshot",
    "minor_upgrades": "AutoMinorVersionUpgrade",
}
"""RDS's words for them, in what it is sent."""


def wanted(call: StepCall, spec: DatabaseSpec, cell: Cell) -> Properties:
    return Properties(
        parameter_group=name_of(call.tenant, spec.parameters),
        security_groups=(cell.database.security_group,),
        backup_days=spec.backup_days,
    )


def found_in(raw: "DBInstanceTypeDef") -> Properties:
    """As they will be once accepted changes took place."""
    pending: Any = raw.get("PendingModifiedValues", {})
    groups = [one["DBParameterGroupName"] for one in raw.get("DBParameterGroups", [])]
    security = [one["VpcSecurityGroupId"] for one in raw.get("VpcSecurityGroups", [])]
    return Properties(
        parameter_group=", ".join(groups),
        security_groups=tuple(sorted(security)),
        backup_days=pending.get("BackupRetentionPeriod", raw.get("BackupRetentionPeriod", 0)),
        public=raw.get("PubliclyAccessible", False),
        multi_az=pending.get("MultiAZ", raw.get("MultiAZ", False)),
        protected=raw.get("DeletionProtection", False),
        tags_on_snapshots=raw.get("CopyTagsToSnapshot", False),
        minor_upgrades=raw.get("AutoMinorVersionUpgrade", False),
    )


def as_sent(properties: Properties) -> dict[str, Any]:
    """Parameters of CreateDBInstance and ModifyDBInstance."""
    sent = {NAMES[name]: value for name, value in vars(properties).items()}
    return sent | {"VpcSecurityGroupIds": list(properties.security_groups)}


def changes(wished: Properties, present: Properties) -> dict[str, Any]:
    """What ModifyDBInstance has to be sent; empty if nothing differs."""
    now = as_sent(present)
    return {name: value for name, value in as_sent(wished).items() if now[name] != value}
