"""Manual and final snapshots, and the automated backups of instances that are gone."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.pages import page
from devstack.aws.protocol import RefusedError
from devstack.aws.quotas import MANUAL_SNAPSHOTS, Quotas
from devstack.aws.rds import checks, views
from devstack.aws.rds.store import Instance, Store, key
from devstack.aws.state import Handlers, State

OF_INSTANCE = (
    "DBInstanceIdentifier",
    "Engine",
    "EngineVersion",
    "AllocatedStorage",
    "StorageType",
    "AvailabilityZone",
    "InstanceCreateTime",
    "MasterUsername",
    "LicenseModel",
    "KmsKeyId",
    "DbiResourceId",
    "IAMDatabaseAuthenticationEnabled",
)
"""members of an instance that its snapshots and backups show too"""


class Snapshots:
    """A snapshot outlives its instance; nothing is restored from one here."""

    def __init__(self, state: State, store: Store, quotas: Quotas) -> None:
        self._state = state
        self._store = store
        self._quotas = quotas

    def handlers(self) -> Handlers:
        return {
            ("rds", "CreateDBSnapshot"): self._create,
            ("rds", "DescribeDBSnapshots"): self._describe,
            ("rds", "DeleteDBSnapshot"): self._delete,
            ("rds", "DescribeDBInstanceAutomatedBackups"): self._backups,
            ("rds", "DeleteDBInstanceAutomatedBackup"): self._delete_backup,
        }

    def take(self, call: Call, instance: Instance, name: str, tags: Any = None) -> dict[str, Any]:
        """Hold the store's lock."""
        checks.check_identifier(name, "DBSnapshotIdentifier")
        if instance.status != "available":
            raise RefusedError(
                "InvalidDBInstanceState",
                f"Cannot create a snapshot because the database instance {instance.name} is not currently "
                "in the available state.",
            )
        place = key(call, name)
        if place in self._store.snapshots:
            raise RefusedError(
                "DBSnapshotAlreadyExists",
                f"Cannot create the snapshot because a snapshot with the identifier {name} already exists.",
            )
        if sum(other[:2] == place[:2] for other in self._store.snapshots) >= self._quotas.applied(
            MANUAL_SNAPSHOTS
        ):
            message = "Cannot create more than the allowed number of manual snapshots."
            raise RefusedError("SnapshotQuotaExceeded", message)
        now = self._state.clock.now()
        copied = (
            self._store.tags[instance.body["DBInstanceArn"]] if instance.body["CopyTagsToSnapshot"] else {}
        )
        snapshot = {
            **{name: instance.body[name] for name in OF_INSTANCE if name in instance.body},
            "DBSnapshotIdentifier": name.lower(),
            "DBSnapshotArn": views.arn(call, "snapshot", name.lower()),
            "SnapshotCreateTime": now,
            "SnapshotType": "manual",
            "Encrypted": instance.body["StorageEncrypted"],
            "Port": 5432,
            "ready": now + timedelta(seconds=self._state.delays.database_modify),
        }
        self._store.snapshots[place] = snapshot
        self._store.tags[snapshot["DBSnapshotArn"]] = (
            {tag["Key"]: tag.get("Value", "") for tag in tags} if tags else dict(copied)
        )
        return snapshot

    def retain(self, instance: Instance) -> None:
        """Keeps the automated backups beyond their instance; hold the store's lock."""
        if instance.body["BackupRetentionPeriod"] > 0:
            backup = {**self._backup(instance), "Status": "retained"}
            self._store.retained_backups[instance.body["DbiResourceId"]] = (instance.key, backup)

    def _create(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            self._store.settle(self._state.clock.now())
            instance = self._store.instance(call)
            snapshot = self.take(call, instance, call.params["DBSnapshotIdentifier"], call.params.get("Tags"))
            return {"DBSnapshot": self._show(snapshot)}

    def _describe(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        name, instance = params.get("DBSnapshotIdentifier"), params.get("DBInstanceIdentifier")
        with self._store.lock:
            found = [
                self._show(snapshot)
                for place, snapshot in self._store.snapshots.items()
                if place[:2] == (call.account, call.region)
                and (name is None or place[2] == name.lower())
                and instance in (None, snapshot["DBInstanceIdentifier"])
                and params.get("SnapshotType") in (None, "manual")
            ]
        if name is not None and not found:
            raise RefusedError("DBSnapshotNotFound", f"DBSnapshot {name} not found.")
        try:
            shown, marker = page(found, params.get("Marker"), params.get("MaxRecords") or 100)
        except ValueError:
            raise checks.value_error(f"The request contains an invalid marker: {params['Marker']}") from None
        return {"DBSnapshots": shown, "Marker": marker}

    def _delete(self, call: Call) -> Mapping[str, Any]:
        name = call.params["DBSnapshotIdentifier"]
        with self._store.lock:
            snapshot = self._store.snapshots.pop(key(call, name), None)
            if snapshot is None:
                raise RefusedError("DBSnapshotNotFound", f"DBSnapshot {name} not found.")
            shown = {**self._show(snapshot), "Status": "deleted"}
            self._store.tags.pop(snapshot["DBSnapshotArn"], None)
            return {"DBSnapshot": shown}

    def _show(self, snapshot: dict[str, Any]) -> dict[str, Any]:
        ready = snapshot["ready"] <= self._state.clock.now()
        tags = self._store.tags.get(snapshot["DBSnapshotArn"], {})
        return {
            **{name: value for name, value in snapshot.items() if name != "ready"},
            "Status": "available" if ready else "creating",
            "PercentProgress": 100 if ready else 0,
            "TagList": views.tag_list(tags),
        }

    def _backups(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        here = (call.account, call.region)
        with self._store.lock:
            self._store.settle(self._state.clock.now())
            active = [
                {**self._backup(instance), "Status": "active"}
                for instance in self._store.instances.values()
                if instance.key[:2] == here and instance.body["BackupRetentionPeriod"] > 0
            ]
            kept = [backup for place, backup in self._store.retained_backups.values() if place[:2] == here]
        found = [
            backup
            for backup in active + kept
            if params.get("DBInstanceIdentifier") in (None, backup["DBInstanceIdentifier"])
            and params.get("DbiResourceId") in (None, backup["DbiResourceId"])
        ]
        return {"DBInstanceAutomatedBackups": found}

    def _delete_backup(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            found = self._store.retained_backups.pop(str(call.params.get("DbiResourceId")), None)
        if found is None:
            message = "Automated backup not found."
            raise RefusedError("DBInstanceAutomatedBackupNotFound", message)
        return {"DBInstanceAutomatedBackup": found[1]}

    def _backup(self, instance: Instance) -> dict[str, Any]:
        return {
            **{name: instance.body[name] for name in OF_INSTANCE if name in instance.body},
            "DBInstanceArn": instance.body["DBInstanceArn"],
            "Region": instance.key[1],
            "Encrypted": instance.body["StorageEncrypted"],
            "BackupRetentionPeriod": instance.body["BackupRetentionPeriod"],
            "RestoreWindow": {
                "EarliestTime": instance.body["InstanceCreateTime"],
                "LatestTime": self._state.clock.now(),
            },
        }
