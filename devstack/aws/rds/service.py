"""RDS put together."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.quotas import Quotas
from devstack.aws.rds import catalog, checks
from devstack.aws.rds.groups import Groups
from devstack.aws.rds.instances import Instances
from devstack.aws.rds.modify import Modification
from devstack.aws.rds.postgres import Postgres
from devstack.aws.rds.power import Power
from devstack.aws.rds.snapshots import Snapshots
from devstack.aws.rds.store import Instance, Store
from devstack.aws.rds.tags import Tags
from devstack.aws.state import Handlers, State

DROPS_AT_ONCE = 8


class Rds:
    """Whole in the front: moto takes any class, is ready at once, and shrinks storage."""

    def __init__(self, state: State, quotas: Quotas) -> None:
        url = state.config.postgres_url
        self._postgres = Postgres(url) if url else None
        self._store = Store(self._reopen)
        groups = Groups(state, self._store, quotas)
        snapshots = Snapshots(state, self._store, quotas)
        self._parts = (
            groups,
            snapshots,
            Instances(state, self._store, quotas, groups, snapshots, self._postgres),
            Power(state, self._store, snapshots, self._postgres),
            Modification(state, self._store, groups, self._postgres),
            Tags(state, self._store),
        )

    def handlers(self) -> Handlers:
        merged: Handlers = {("rds", "DescribeOrderableDBInstanceOptions"): self._orderable}
        for part in self._parts:
            merged.update(part.handlers())
        return merged

    def stop(self) -> None:
        """Drops what is left of the instances: they end with the front that knows them."""
        with self._store.lock:
            left = [i.database for i in self._store.instances.values() if i.status != "deleting"]
            self._store.instances.clear()
        if self._postgres is not None:
            with ThreadPoolExecutor(DROPS_AT_ONCE) as pool:
                list(pool.map(self._postgres.drop, [database for database in left if database is not None]))

    def tags(self, arn: str) -> Mapping[str, str]:
        with self._store.lock:
            return dict(self._store.tags.get(arn, {}))

    def _reopen(self, instance: Instance) -> None:
        if self._postgres is not None and instance.database is not None:
            self._postgres.set_open(instance.database.name, is_open=True)

    @staticmethod
    def _orderable(call: Call) -> Mapping[str, Any]:
        params = call.params
        if params["Engine"] != catalog.ENGINE:
            raise checks.value_error(f"Invalid DB engine: {params['Engine']}")
        version = checks.check_engine(params)
        asked = params.get("DBInstanceClass")
        return {
            "OrderableDBInstanceOptions": [
                {
                    "Engine": catalog.ENGINE,
                    "EngineVersion": version,
                    "DBInstanceClass": name,
                    "LicenseModel": "postgresql-license",
                    "AvailabilityZones": [{"Name": f"{call.region}{zone}"} for zone in "abc"],
                    "MultiAZCapable": True,
                    "StorageType": "gp3",
                    "SupportsStorageEncryption": True,
                    "Vpc": True,
                }
                for name in sorted(catalog.CLASSES)
                if asked in (None, name)
            ]
        }
