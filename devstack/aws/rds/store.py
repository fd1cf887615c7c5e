"""What RDS remembers: instances with what is still to happen to them, groups, snapshots, tags."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.protocol import RefusedError

DELETED = "deleted"

Key = tuple[str, str, str]
"""account, region, name"""


def key(call: Call, name: str) -> Key:
    """Names of RDS things are one name in any case."""
    return call.account, call.region, name.lower()


@dataclass
class Step:
    """A state that the instance reaches at a moment, and the values that it then has."""

    at: datetime
    status: str
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Database:
    """The role and database that back an instance."""

    name: str
    role: str


@dataclass
class Instance:
    """A DB instance; `body` holds what is in force, in the members of AWS's DBInstance."""

    key: Key
    body: dict[str, Any]
    group: str
    group_changes: int
    """how many static changes its parameter group had when it last booted"""
    database: Database | None = None
    status: str = "creating"
    steps: list[Step] = field(default_factory=list)
    pending: dict[str, Any] = field(default_factory=dict)
    """accepted, and not in force yet"""
    has_endpoint: bool = False
    storage_changed: datetime | None = None

    @property
    def name(self) -> str:
        return str(self.body["DBInstanceIdentifier"])

    def settle(self, now: datetime) -> None:
        while self.steps and self.steps[0].at <= now:
            step = self.steps.pop(0)
            self.status = step.status
            self.body.update(step.changes)
            for name in step.changes:
                self.pending.pop(name, None)
            self.has_endpoint = self.has_endpoint or step.status == "available"


@dataclass
class ParameterGroup:
    """Parameters for instances of one family; `static_changes` counts those that need a reboot."""

    key: Key
    name: str
    family: str
    description: str
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    """parameter to value and apply method"""
    static_changes: int = 0


class Store:
    """Every use holds `lock`; `settled` brings all instances up to the moment first."""

    def __init__(self, reopen: Callable[[Instance], None]) -> None:
        """`reopen` lets clients into an instance that started by itself."""
        self.lock = threading.RLock()
        self._reopen = reopen
        self.instances: dict[Key, Instance] = {}
        self.groups: dict[Key, ParameterGroup] = {}
        self.snapshots: dict[Key, dict[str, Any]] = {}
        self.subnet_groups: dict[Key, dict[str, Any]] = {}
        self.retained_backups: dict[str, tuple[Key, dict[str, Any]]] = {}
        """by DbiResourceId, of instances deleted with their automated backups kept"""
        self.tags: dict[str, dict[str, str]] = {}
        """by ARN"""

    def settle(self, now: datetime) -> None:
        for instance in list(self.instances.values()):
            was_stopped = instance.status in ("stopping", "stopped")
            instance.settle(now)
            if was_stopped and instance.status == "available":
                self._reopen(instance)
            if instance.status == DELETED:
                del self.instances[instance.key]
                self.tags.pop(instance.body["DBInstanceArn"], None)

    def instance(self, call: Call) -> Instance:
        name = call.params["DBInstanceIdentifier"]
        found = self.instances.get(key(call, name.rpartition(":db:")[2]))
        if found is None:
            raise RefusedError("DBInstanceNotFound", f"DBInstance {name} not found.")
        return found

    def members_of(self, group: ParameterGroup) -> list[Instance]:
        return [
            instance
            for instance in self.instances.values()
            if instance.key[:2] == group.key[:2] and instance.group == group.name
        ]
