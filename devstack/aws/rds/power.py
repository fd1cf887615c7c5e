"""DB instances: stop, start, reboot."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.protocol import RefusedError
from devstack.aws.rds import checks, views
from devstack.aws.rds.postgres import Postgres
from devstack.aws.rds.snapshots import Snapshots
from devstack.aws.rds.store import Instance, Step, Store
from devstack.aws.state import Handlers, State

AUTOMATIC_RESTART = timedelta(days=7)


class Power:
    """A stopped instance keeps its data, takes no connection, and starts again by itself after a week."""

    def __init__(self, state: State, store: Store, snapshots: Snapshots, postgres: Postgres | None) -> None:
        self._state = state
        self._store = store
        self._snapshots = snapshots
        self._postgres = postgres

    def handlers(self) -> Handlers:
        return {
            ("rds", "StopDBInstance"): self._stop,
            ("rds", "StartDBInstance"): self._start,
            ("rds", "RebootDBInstance"): self._reboot,
        }

    def _stop(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            self._store.settle(self._state.clock.now())
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
            self._store.settle(self._state.clock.now())
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
            self._store.settle(self._state.clock.now())
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

    def _after_change(self) -> datetime:
        return self._state.clock.now() + timedelta(seconds=self._state.delays.database_modify)

    @staticmethod
    def _move(instance: Instance, status: str, *steps: Step) -> None:
        instance.status, instance.steps = status, list(steps)

    def _set_open(self, instance: Instance, *, is_open: bool) -> None:
        if self._postgres is not None and instance.database is not None:
            self._postgres.set_open(instance.database.name, is_open=is_open)

    def _shown(self, instance: Instance) -> Mapping[str, Any]:
        with self._store.lock:
            return {"DBInstance": views.show(instance, self._store, self._postgres)}


def _require(instance: Instance, status: str, message: str) -> None:
    if instance.status != status:
        raise RefusedError("InvalidDBInstanceState", message)
