"""ModifyDBInstance: what is refused, what takes effect at once, and what takes its time."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.protocol import RefusedError
from devstack.aws.rds import catalog, checks, views
from devstack.aws.rds.groups import Groups
from devstack.aws.rds.postgres import Postgres
from devstack.aws.rds.store import Instance, Step, Store
from devstack.aws.state import Handlers, State

STORAGE_REST = timedelta(hours=6)
GROWTH_PERCENT = 10
"""RDS rounds a smaller growth up to this"""
DISRUPTIVE = (
    "DBInstanceClass",
    "AllocatedStorage",
    "StorageType",
    "Iops",
    "StorageThroughput",
    "MultiAZ",
    "EngineVersion",
)
"""wait for the maintenance window unless ApplyImmediately is given"""
AT_ONCE = (
    "DeletionProtection",
    "BackupRetentionPeriod",
    "CopyTagsToSnapshot",
    "MaxAllocatedStorage",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "AutoMinorVersionUpgrade",
    "PubliclyAccessible",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "CACertificateIdentifier",
)
RENAMED = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
}


class Modification:
    """One change at a time: an instance that is `modifying` is refused the next."""

    def __init__(self, state: State, store: Store, groups: Groups, postgres: Postgres | None) -> None:
        self._state = state
        self._store = store
        self._groups = groups
        self._postgres = postgres

    def handlers(self) -> Handlers:
        return {("rds", "ModifyDBInstance"): self._modify}

    def _modify(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        password = params.get("MasterUserPassword")
        if params.get("NewDBInstanceIdentifier"):
            raise checks.combination_error("This stand-in renames no DB instance.")
        if password is not None:
            checks.check_password(password)
        checks.check_backup_retention(params.get("BackupRetentionPeriod"))
        with self._store.lock:
            self._store.settle(self._state.clock.now())
            instance = self._store.instance(call)
            if instance.status != "available":
                message = "Database instance is not in available state."
                raise RefusedError("InvalidDBInstanceState", message)
            disruptive = self._disruptive(instance, params)
            self._apply_at_once(call, instance)
            instance.pending.update(disruptive)
            if params.get("ApplyImmediately") and instance.pending:
                self._begin(instance)
            elif password is not None:
                instance.status = "resetting-master-credentials"
                instance.steps = [Step(self._done(), "available")]
        if password is not None and self._postgres is not None and instance.database is not None:
            self._postgres.set_password(instance.database.role, password)
        with self._store.lock:
            return {"DBInstance": views.show(instance, self._store, self._postgres)}

    def _disruptive(self, instance: Instance, params: dict[str, Any]) -> dict[str, Any]:
        """The changes that need the instance to be modified, if they are allowed."""
        body = instance.body
        asked = {name: params[name] for name in DISRUPTIVE if params.get(name) is not None}
        if "EngineVersion" in asked:
            asked["EngineVersion"] = self._version(body["EngineVersion"], asked["EngineVersion"], params)
        changes = {name: value for name, value in asked.items() if body.get(name) != value}
        if "DBInstanceClass" in changes:
            checks.check_class(changes["DBInstanceClass"], body["EngineVersion"])
            checks.check_capacity(changes["DBInstanceClass"], self._state.insufficient)
        if changes.keys() & {"AllocatedStorage", "StorageType", "Iops", "StorageThroughput"}:
            self._check_storage(instance, changes)
        return changes

    @staticmethod
    def _version(current: str, asked: str, params: dict[str, Any]) -> str:
        version = catalog.full_version(asked)
        if version is None:
            raise checks.combination_error(f"Cannot find version {asked} for {catalog.ENGINE}")
        now, then = ([int(part) for part in value.split(".")] for value in (current, version))
        if then < now:
            message = f"Cannot upgrade {catalog.ENGINE} from {current} to {version}"
            raise checks.combination_error(message)
        if then[0] > now[0] and not params.get("AllowMajorVersionUpgrade"):
            message = (
                "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
            )
            raise checks.combination_error(message)
        return version

    def _check_storage(self, instance: Instance, changes: dict[str, Any]) -> None:
        """Rounds a small growth up, and refuses what storage never does."""
        current = instance.body["AllocatedStorage"]
        size = changes.get("AllocatedStorage", current)
        if size < current:
            message = (
                f"Requested storage size ({size}) cannot be less than the current storage size ({current})."
            )
            raise checks.combination_error(message)
        changed = instance.storage_changed
        if changed is not None and self._state.clock.now() < changed + STORAGE_REST:
            raise checks.combination_error(
                "You can't currently modify the storage of this DB instance because the previous storage "
                "change is being optimized."
            )
        if size > current:
            least = math.ceil(current * (100 + GROWTH_PERCENT) / 100)
            changes["AllocatedStorage"] = max(size, least)
        checks.check_storage({**instance.body, **changes, "MaxAllocatedStorage": None})

    def _apply_at_once(self, call: Call, instance: Instance) -> None:
        params, body = call.params, instance.body
        if params.get("DBParameterGroupName"):
            group = self._groups.of_instance(call, params["DBParameterGroupName"], body["EngineVersion"])
            if group.name != instance.group:
                instance.group, instance.group_changes = group.name, -1
        if params.get("VpcSecurityGroupIds"):
            body["VpcSecurityGroups"] = views.security_groups(params["VpcSecurityGroupIds"])
        exports = params.get("CloudwatchLogsExportConfiguration") or {}
        if exports:
            kept = set(body.get("EnabledCloudwatchLogsExports") or []) - set(
                exports.get("DisableLogTypes") or []
            )
            body["EnabledCloudwatchLogsExports"] = sorted(kept | set(exports.get("EnableLogTypes") or []))
        body.update({name: params[name] for name in AT_ONCE if params.get(name) is not None})
        body.update({shown: params[name] for name, shown in RENAMED.items() if params.get(name) is not None})

    def _begin(self, instance: Instance) -> None:
        done = self._done()
        if instance.pending.keys() & {"AllocatedStorage", "StorageType", "Iops", "StorageThroughput"}:
            instance.storage_changed = done
        instance.status = "modifying"
        instance.steps = [Step(done, "available", dict(instance.pending))]

    def _done(self) -> datetime:
        return self._state.clock.now() + timedelta(seconds=self._state.delays.database_modify)
