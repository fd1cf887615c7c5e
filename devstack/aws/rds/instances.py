"""DB instances: create, describe, delete, stop, start, reboot."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.pages import page
from devstack.aws.protocol import RefusedError
from devstack.aws.quotas import DB_INSTANCES, Quotas
from devstack.aws.rds import checks, views
from devstack.aws.rds.groups import Groups
from devstack.aws.rds.postgres import Postgres
from devstack.aws.rds.snapshots import Snapshots
from devstack.aws.rds.store import DELETED, Database, Instance, Step, Store, key
from devstack.aws.state import Handlers, State

FILTERS = {
    "db-instance-id": "DBInstanceIdentifier",
    "dbi-resource-id": "DbiResourceId",
    "engine": "Engine",
}
AUTOMATIC_RESTART = timedelta(days=7)


class Instances:
    """PostgreSQL is asked outside of the store's lock: making a database takes longer than all else."""

    def __init__(
        self,
        state: State,
        store: Store,
        quotas: Quotas,
        groups: Groups,
        snapshots: Snapshots,
        postgres: Postgres | None,
    ) -> None:
        self._state = state
        self._store = store
        self._quotas = quotas
        self._groups = groups
        self._snapshots = snapshots
        self._postgres = postgres

    def handlers(self) -> Handlers:
        return {
            ("rds", "CreateDBInstance"): self._create,
            ("rds", "DescribeDBInstances"): self._describe,
            ("rds", "DeleteDBInstance"): self._delete,
            ("rds", "StopDBInstance"): self._stop,
            ("rds", "StartDBInstance"): self._start,
            ("rds", "RebootDBInstance"): self._reboot,
        }

    def _create(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        checks.check_identifier(params["DBInstanceIdentifier"])
        version = checks.check_engine(params)
        checks.check_class(params["DBInstanceClass"], version)
        checks.check_storage(params)
        checks.check_master(params)
        checks.check_backup_retention(params.get("BackupRetentionPeriod"))
        with self._store.lock:
            self._settle()
            instance = self._reserve(call, version)
        try:
            if self._postgres is not None and instance.database is not None:
                self._postgres.create(instance.database, params["MasterUserPassword"])
        except BaseException:
            with self._store.lock:
                del self._store.instances[instance.key]
            raise
        with self._store.lock:
            ready = self._state.clock.now() + timedelta(seconds=self._state.delays.database)
            instance.steps = [Step(ready, "available")]
            return self._shown(instance)

    def _reserve(self, call: Call, version: str) -> Instance:
        """Takes the name, so that a second creation of it is refused while the first is under way."""
        params = call.params
        place = key(call, params["DBInstanceIdentifier"])
        if place in self._store.instances:
            raise RefusedError("DBInstanceAlreadyExists", "DB instance already exists")
        group = self._groups.of_instance(call, params.get("DBParameterGroupName"), version)
        self._groups.check_subnet_group(call, params.get("DBSubnetGroupName"))
        checks.check_capacity(params["DBInstanceClass"], self._state.insufficient)
        if sum(other[:2] == place[:2] for other in self._store.instances) >= self._quotas.applied(
            DB_INSTANCES
        ):
            message = (
                "The request cannot be processed because it would exceed the maximum number of DB instances."
            )
            raise RefusedError("InstanceQuotaExceeded", message)
        user = params["MasterUsername"]
        instance = Instance(
            key=place,
            body=views.new_body(call, version, self._state.clock.now()),
            group=group.name,
            group_changes=group.static_changes,
            database=Database(name=params.get("DBName") or user, role=user) if self._postgres else None,
        )
        self._store.instances[place] = instance
        self._store.tags[instance.body["DBInstanceArn"]] = {
            tag["Key"]: tag.get("Value", "") for tag in params.get("Tags") or []
        }
        return instance

    def _describe(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        with self._store.lock:
            self._settle()
            if params.get("DBInstanceIdentifier"):
                return {"DBInstances": [self._show(self._store.instance(call))]}
            here = (call.account, call.region)
            found = [i for i in self._store.instances.values() if i.key[:2] == here and _passes(i, params)]
            try:
                shown, marker = page(found, params.get("Marker"), params.get("MaxRecords") or 100)
            except ValueError:
                raise checks.value_error(
                    f"The request contains an invalid marker: {params['Marker']}"
                ) from None
            return {"DBInstances": [self._show(instance) for instance in shown], "Marker": marker}

    def _delete(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        skip = bool(params.get("SkipFinalSnapshot"))
        final = params.get("FinalDBSnapshotIdentifier")
        if skip and final:
            message = "FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is specified."
            raise checks.combination_error(message)
        if not skip and not final:
            message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            raise checks.combination_error(message)
        with self._store.lock:
            self._settle()
            instance = self._store.instance(call)
            self._check_deletable(instance)
            if final:
                self._snapshots.take(call, instance, final)
            if params.get("DeleteAutomatedBackups") is False:
                self._snapshots.retain(instance)
            instance.status, instance.steps = "deleting", []
        if self._postgres is not None and instance.database is not None:
            self._postgres.drop(instance.database)
        with self._store.lock:
            gone = self._state.clock.now() + timedelta(seconds=self._state.delays.database_delete)
            instance.steps = [Step(gone, DELETED)]
            return self._shown(instance)

    @staticmethod
    def _check_deletable(instance: Instance) -> None:
        if instance.status == "deleting":
            message = f"Instance {instance.name} is already being deleted."
            raise RefusedError("InvalidDBInstanceState", message)
        if instance.body["DeletionProtection"]:
            raise checks.combination_error(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
        if instance.status == "creating" and not instance.steps:
            raise RefusedError("InvalidDBInstanceState", f"Instance {instance.name} is being created.")

    def _stop(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            self._settle()
            instance = self._store.instance(call)
            _require(instance, "available", f"Instance {instance.name} is not in available state.")
            if call.params.get("DBSnapshotIdentifier"):
                self._snapshots.take(call, instance, call.params["DBSnapshotIdentifier"])
            restart = self._state.clock.now() + AUTOMATIC_RESTART
            stopped = Step(self._after_change(), "stopped", {"AutomaticRestartTime": restart})
            started = Step(restart, "available", {"AutomaticRestartTime": None})
            self._move(instance, "stopping", stopped, started)
        self._set_open(instance, is_open=False)
        return self._shown(instance)

    def _start(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            self._settle()
            instance = self._store.instance(call)
            message = f"Instance {instance.name} is not stopped, it cannot be started."
            _require(instance, "stopped", message)
            checks.check_capacity(instance.body["DBInstanceClass"], self._state.insufficient)
            self._boot(instance)
            available = Step(self._after_change(), "available", {"AutomaticRestartTime": None})
            self._move(instance, "starting", available)
        self._set_open(instance, is_open=True)
        return self._shown(instance)

    def _reboot(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            self._settle()
            instance = self._store.instance(call)
            message = f"Instance {instance.name} is not in available state."
            _require(instance, "available", message)
            self._boot(instance)
            self._move(instance, "rebooting", Step(self._after_change(), "available"))
            return self._shown(instance)

    def _boot(self, instance: Instance) -> None:
        """Static parameters take effect now."""
        group = self._store.groups.get((*instance.key[:2], instance.group))
        instance.group_changes = group.static_changes if group else 0

    def _after_change(self) -> Any:
        return self._state.clock.now() + timedelta(seconds=self._state.delays.database_modify)

    @staticmethod
    def _move(instance: Instance, status: str, *steps: Step) -> None:
        instance.status, instance.steps = status, list(steps)

    def _set_open(self, instance: Instance, *, is_open: bool) -> None:
        if self._postgres is not None and instance.database is not None:
            self._postgres.set_open(instance.database.name, is_open=is_open)

    def _settle(self) -> None:
        self._store.settle(self._state.clock.now())

    def _show(self, instance: Instance) -> dict[str, Any]:
        return views.show(instance, self._store, self._postgres)

    def _shown(self, instance: Instance) -> Mapping[str, Any]:
        with self._store.lock:
            return {"DBInstance": self._show(instance)}


def _require(instance: Instance, status: str, message: str) -> None:
    if instance.status != status:
        raise RefusedError("InvalidDBInstanceState", message)


def _passes(instance: Instance, params: dict[str, Any]) -> bool:
    for condition in params.get("Filters") or []:
        member = FILTERS.get(condition["Name"])
        if member is None:
            raise checks.value_error(f"Unrecognized filter name: {condition['Name']}")
        if str(instance.body[member]) not in condition["Values"]:
            return False
    return True
