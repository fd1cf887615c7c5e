"""RDS things as AWS shows them."""

import secrets
import string
from datetime import datetime
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.rds import catalog
from devstack.aws.rds.postgres import Postgres
from devstack.aws.rds.store import Instance, ParameterGroup, Store

ENDPOINT_ZONE = "Z2R2ITUGPM61AM"
COPIED = (
    "DBInstanceClass",
    "AllocatedStorage",
    "MaxAllocatedStorage",
    "Iops",
    "StorageThroughput",
    "DeletionProtection",
    "CopyTagsToSnapshot",
    "MonitoringRoleArn",
    "KmsKeyId",
    "CACertificateIdentifier",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
)
"""members of the input that are shown as they were given"""


def arn(call: Call, kind: str, name: str) -> str:
    return f"arn:aws:rds:{call.region}:{call.account}:{kind}:{name}"


def new_body(call: Call, version: str, now: datetime) -> dict[str, Any]:
    """The DBInstance that a CreateDBInstance asks for, with AWS's defaults."""
    params = call.params
    name = params["DBInstanceIdentifier"].lower()
    encrypted = bool(params.get("StorageEncrypted"))
    body = {
        **{member: params[member] for member in COPIED if params.get(member) is not None},
        "DBInstanceIdentifier": name,
        "DBInstanceArn": arn(call, "db", name),
        "DbiResourceId": "db-" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(26)),
        "Engine": catalog.ENGINE,
        "EngineVersion": version,
        "LicenseModel": "postgresql-license",
        "MasterUsername": params["MasterUsername"],
        "DBName": params.get("DBName"),
        "InstanceCreateTime": now,
        "StorageType": params.get("StorageType") or "gp2",
        "StorageEncrypted": encrypted,
        "MultiAZ": bool(params.get("MultiAZ")),
        "AvailabilityZone": params.get("AvailabilityZone") or f"{call.region}a",
        "BackupRetentionPeriod": 1
        if params.get("BackupRetentionPeriod") is None
        else params["BackupRetentionPeriod"],
        "PreferredBackupWindow": params.get("PreferredBackupWindow") or "03:14-03:44",
        "PreferredMaintenanceWindow": params.get("PreferredMaintenanceWindow") or "wed:06:38-wed:07:08",
        "AutoMinorVersionUpgrade": params.get("AutoMinorVersionUpgrade") is not False,
        "PubliclyAccessible": params.get("PubliclyAccessible") is not False,
        "DeletionProtection": bool(params.get("DeletionProtection")),
        "CopyTagsToSnapshot": bool(params.get("CopyTagsToSnapshot")),
        "MonitoringInterval": params.get("MonitoringInterval") or 0,
        "IAMDatabaseAuthenticationEnabled": bool(params.get("EnableIAMDatabaseAuthentication")),
        "PerformanceInsightsEnabled": bool(params.get("EnablePerformanceInsights")),
        "EnabledCloudwatchLogsExports": params.get("EnableCloudwatchLogsExports"),
        "NetworkType": params.get("NetworkType") or "IPV4",
        "VpcSecurityGroups": security_groups(params.get("VpcSecurityGroupIds")),
    }
    if encrypted:
        body.setdefault("KmsKeyId", f"arn:aws:kms:{call.region}:{call.account}:alias/aws/rds")
    if params.get("DBSubnetGroupName"):
        body["DBSubnetGroup"] = subnet_group(params["DBSubnetGroupName"])
    return {member: value for member, value in body.items() if value is not None}


def security_groups(ids: list[str] | None) -> list[dict[str, str]]:
    return [{"VpcSecurityGroupId": group, "Status": "active"} for group in ids or ["sg-00000000"]]


def subnet_group(name: str) -> dict[str, Any]:
    return {
        "DBSubnetGroupName": name.lower(),
        "DBSubnetGroupDescription": name,
        "VpcId": "vpc-00000000",
        "SubnetGroupStatus": "Complete",
    }


def show(instance: Instance, store: Store, postgres: Postgres | None) -> dict[str, Any]:
    """The instance as it is now; AWS shows an endpoint once there is something behind it."""
    account, region, _name = instance.key
    tags = store.tags.get(instance.body["DBInstanceArn"], {})
    shown = {
        **instance.body,
        "DBInstanceStatus": instance.status,
        "PendingModifiedValues": dict(instance.pending),
        "DBParameterGroups": [
            {"DBParameterGroupName": instance.group, "ParameterApplyStatus": _apply_status(instance, store)}
        ],
        "TagList": tag_list(tags),
    }
    if instance.has_endpoint:
        hosted = f"{instance.name}.c{account[:10]}.{region}.rds.amazonaws.com"
        shown["Endpoint"] = {
            "Address": postgres.address if postgres else hosted,
            "Port": postgres.port if postgres else 5432,
            "HostedZoneId": ENDPOINT_ZONE,
        }
    return shown


def _apply_status(instance: Instance, store: Store) -> str:
    group = store.groups.get((*instance.key[:2], instance.group))
    changes = group.static_changes if group else 0
    return "in-sync" if changes == instance.group_changes else "pending-reboot"


def show_group(call: Call, group: ParameterGroup) -> dict[str, Any]:
    return {
        "DBParameterGroupName": group.name,
        "DBParameterGroupFamily": group.family,
        "Description": group.description,
        "DBParameterGroupArn": arn(call, "pg", group.name),
    }


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]
