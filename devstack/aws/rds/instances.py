"""DB instances: create, describe, delete."""

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
            before = instance.status, instance.steps
            instance.status, instance.steps = "deleting", []
        try:
            if self._postgres is not None and instance.database is not None:
                self._postgres.drop(instance.database)
        except BaseException:
            with self._store.lock:
                instance.status, instance.steps = before
            raise
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

    def _settle(self) -> None:
        self._store.settle(self._state.clock.now())

    def _show(self, instance: Instance) -> dict[str, Any]:
        return views.show(instance, self._store, self._postgres)

    def _shown(self, instance: Instance) -> Mapping[str, Any]:
        with self._store.lock:
            return {"DBInstance": self._show(instance)}


def _passes(instance: Instance, params: dict[str, Any]) -> bool:
    for condition in params.get("Filters") or []:
        member = FILTERS.get(condition["Name"])
        if member is None:
            raise checks.value_error(f"Unrecognized filter name: {condition['Name']}")
        if str(instance.body[member]) not in condition["Values"]:
            return False
    return True
