"""Where each point meets its provider, and the faults that are set there."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.chaos.blueprint import Step, step
from tests.chaos.ground import Ground
from tests.chaos.points import Act, Point
from tests.chaos.waiting import until
from tests.rights.shipped import WORKER
from tests.workflows.stage import Json

OURS = {"caller": WORKER}
"""The worker's access key: hands and auditors have others."""
HOLD_SECONDS = 60
"""Longer than any hold lasts."""
MAKES = {
    "bucket": "CreateBucket",
    "secret": "CreateSecret",
    "database_parameters": "CreateDBParameterGroup",
    "database": "CreateDBInstance",
    "role": "CreateRole",
    "pod_identity": "CreatePodIdentityAssociation",
    "dns": "ChangeResourceRecordSets",
}
TOUCHES = MAKES | {
    "bucket": "PutPublicAccessBlock",
    "secret": "DescribeSecret",
    "database": "DescribeDBInstances",
    "role": "PutRolePolicy",
}
"""The first call that tells on a thing which is there already."""
CHANGES = TOUCHES | {"database": "ModifyDBInstance"}
REMOVES = {
    "bucket": "DeleteBucket",
    "secret": "DeleteSecret",
    "database_parameters": "DeleteDBParameterGroup",
    "database": "DeleteDBInstance",
    "role": "DeleteRole",
    "pod_identity": "DeletePodIdentityAssociation",
    "dns": "ChangeResourceRecordSets",
}
OPERATIONS = {
    Act.MAKE: MAKES,
    Act.TOUCH: TOUCHES,
    Act.CHANGE: CHANGES,
    Act.REMOVE: REMOVES,
    Act.PREPARE: {"database": "PutSecretValue"},
    Act.MOVE: {"database": "UpdateSecretVersionStage"},
}
REFUSED = {
    "aws": {"code": "ValidationError", "status": 400, "message": "not like this"},
    "kubernetes": {"status": 422, "reason": "Invalid", "message": "not like this"},
}
"""Answers of a provider that will never do it."""
OBJECTS = {
    "foundation": ("resourcequotas", "*"),
    "certificate": ("certificates", "*"),
    "config": ("configmaps", "*"),
    "auth": ("deployments", "auth"),
    "proxy": ("deployments", "proxy"),
}
"""The object that stands for a group: its resource and name."""


@dataclass(frozen=True)
class Spot:
    """A kind of call at one of the fronts."""

    url: str
    match: dict[str, str]

    @property
    def provider(self) -> str:
        return "aws" if "operation" in self.match else "kubernetes"


async def spot(ground: Ground, point: Point, tenant: Json) -> Spot:
    """The call that decides a point's activity, for this tenant."""
    if point.act is Act.VERIFY:
        return _proof(ground, point)
    found = step(point.step)
    if found.kind == "kubernetes":
        return Spot(ground.cluster_url, _object(found, point, tenant))
    operations = OPERATIONS[point.act]
    resource = await _resource(ground, found, point, tenant)
    return Spot(ground.aws_url, {**OURS, "operation": operations[found.kind], "resource": resource})


def _proof(ground: Ground, point: Point) -> Spot:
    if point.provider == "kubernetes":
        return Spot(ground.cluster_url, {"verb": "get", "resource": "namespaces"})
    return Spot(ground.aws_url, {**OURS, "operation": "DescribeSecret"})


def _object(found: Step, point: Point, tenant: Json) -> dict[str, str]:
    namespace = f"*{tenant['tenant_id']}*"
    resource, name = OBJECTS[found.name]
    if point.act is not Act.REMOVE:
        # A repair looks by dry runs before it applies.
        write = {"verb": "patch", "dry_run": "false"}
        return {**write, "resource": resource, "name": name, "namespace": namespace}
    if found.name == "foundation":
        return {"verb": "delete", "resource": "namespaces", "name": namespace}
    return {"verb": "delete", "resource": resource, "name": name, "namespace": namespace}


async def _resource(ground: Ground, found: Step, point: Point, tenant: Json) -> str:
    if found.kind == "dns":
        return f"*{tenant['slug']}*"
    if found.kind != "pod_identity":
        return f"*{tenant['tenant_id']}-{found.name}*"
    account = str(found.spec["service_account"])
    if point.act is not Act.REMOVE:
        return account
    # Its deletion names it by an id that EKS gave it.
    eks = ground.stage.auditor.aws("eks", ground.cell["region"])
    listed = await asyncio.to_thread(
        eks.list_pod_identity_associations, clusterName=ground.cell["cluster"], serviceAccount=account
    )
    mine = (entry for entry in listed["associations"] if tenant["tenant_id"] in entry["namespace"])
    # Before it exists nobody knows its id; then the first deletion of this one tenant is meant.
    return next((str(entry["associationId"]) for entry in mine), "*")


@dataclass
class Fault:
    """One fault in force at a front, until it is lifted."""

    ground: Ground
    spot: Spot
    fields: dict[str, Any]
    name: str = field(default_factory=lambda: f"chaos-{uuid4().hex[:8]}")

    async def set(self) -> "Fault":
        body = {"id": self.name, "match": self.spot.match, **self.fields}
        answer = await self._front.post("/_devstack/faults", json=body)
        assert answer.status_code < 300, answer.text
        return self

    async def lift(self) -> None:
        """What it holds goes on. Lifting twice is fine."""
        await self._front.delete(f"/_devstack/faults/{self.name}")

    async def taken(self) -> int:
        """How many calls it has befallen."""
        listed: list[Json] = (await self._front.get("/_devstack/faults")).json()["faults"]
        mine = next((fault for fault in listed if fault["id"] == self.name), None)
        # The stand-in forgets a fault that is used up.
        return int(mine["taken"]) if mine else int(self.fields.get("times", 0))

    async def until_taken(self, times: int = 1) -> None:
        """Returns when it has befallen so many calls."""

        async def befallen() -> bool:
            return await self.taken() >= times

        await until(befallen, f"{times} calls that match {self.spot.match}")

    @property
    def _front(self) -> httpx.AsyncClient:
        return self.ground.front(self.spot.url)
