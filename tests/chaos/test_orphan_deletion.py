"""The deletion of an orphan, which is no tenant's operation, is struck while it deletes a bucket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from domain.messages import DriftInput
from domain.naming import new_tenant_id, ownership_tags
from tests.chaos.conftest import Grounds
from tests.chaos.faults import REFUSALS
from tests.chaos.ground import INSTALL, Ground
from tests.chaos.wire import HOLD_SECONDS, OURS, Fault, Spot
from tests.workflows.stage import Json, first

NO_TENANT = "~"
"""After every tenant id: the scan only searches."""


@dataclass
class Deletion:
    """One bucket that nobody's tenant has, and the wish that it goes."""

    ground: Ground
    bucket: str
    orphan_id: str = ""

    @property
    def url(self) -> str:
        return f"/v1/orphans/{self.orphan_id}"

    async def ask(self) -> None:
        await self.ground.stage.ask("DELETE", f"{self.url}?reason=chaos")

    async def until(self, state: str) -> None:
        await first(self.look, lambda view: view["state"] == state)

    async def look(self) -> Json:
        view: Json = (await self.ground.stage.send("GET", self.url)).json()
        return view

    @asynccontextmanager
    async def struck(self, **fields: Any) -> AsyncIterator[Fault]:
        """Asks for it with a fault in force at the call that deletes the bucket."""
        spot = Spot(self.ground.aws_url, {**OURS, "operation": "DeleteBucket", "resource": self.bucket})
        fault = await Fault(self.ground, spot, fields).set()
        try:
            await self.ask()
            await fault.until_taken(fields.get("times", 1))
            yield fault
        finally:
            await fault.lift()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """In the block the call is at AWS and cannot go on."""
        async with self.struck(action="delay", seconds=HOLD_SECONDS, times=1):
            yield


async def _throttled(deletion: Deletion) -> None:
    async with deletion.struck(action="refuse", times=3, **REFUSALS["throttled"]["aws"]):
        pass


async def _answer_lost(deletion: Deletion) -> None:
    async with deletion.struck(action="drop_answer", times=1):
        pass


async def _denied(deletion: Deletion) -> None:
    """A person mends the cause and asks once more."""
    async with deletion.struck(action="refuse", **REFUSALS["denied"]["aws"]):
        await deletion.until("refused")
    await deletion.ask()


async def _worker_killed(deletion: Deletion) -> None:
    async with deletion.held():
        await deletion.ground.worker.kill()
    await deletion.ground.worker.start()


async def _temporal_killed(deletion: Deletion) -> None:
    async with deletion.held():
        await asyncio.to_thread(deletion.ground.temporal.crash)
    await asyncio.to_thread(deletion.ground.temporal.start_again)


async def _run_terminated(deletion: Deletion) -> None:
    """Nothing goes on by itself; a person asks once more."""
    async with deletion.held():
        run = deletion.ground.stage.client.get_workflow_handle(f"orphan/{deletion.orphan_id}")
        await run.terminate("chaos")
    await deletion.ask()


STRIKES: dict[str, Callable[[Deletion], Awaitable[None]]] = {
    "throttled": _throttled,
    "answer lost": _answer_lost,
    "denied": _denied,
    "worker killed": _worker_killed,
    "Temporal killed": _temporal_killed,
    "run terminated": _run_terminated,
}


async def _orphan(ground: Ground) -> Deletion:
    tenant_id = new_tenant_id()
    deletion = Deletion(ground, f"{INSTALL}-{tenant_id}-left")
    s3 = ground.stage.auditor.aws("s3", ground.cell["region"])
    marks = ownership_tags(INSTALL, tenant_id, f"s-{tenant_id}", "left")
    s3.create_bucket(Bucket=deletion.bucket)
    s3.put_bucket_tagging(
        Bucket=deletion.bucket, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in marks.items()]}
    )
    queue = ground.stage.settings.task_queue
    scan = DriftInput(after=NO_TENANT)
    await ground.stage.client.execute_workflow("CheckDrift", scan, id=uuid4().hex, task_queue=queue)
    page = (await ground.stage.send("GET", "/v1/orphans?limit=200")).json()
    deletion.orphan_id = next(one["id"] for one in page["items"] if one["name"] == deletion.bucket)
    return deletion


@pytest.mark.parametrize("strike", STRIKES)
async def test_it_is_deleted_once_and_nothing_else_is(grounds: Grounds, strike: str) -> None:
    """Whatever strikes, the bucket goes, it is recorded as deleted, and a stranger's things stay."""
    ground = await grounds.ground()
    deletion = await _orphan(ground)
    before = await asyncio.to_thread(ground.stage.auditor.things_of, "")
    await STRIKES[strike](deletion)
    await deletion.until("deleted")
    after = await asyncio.to_thread(ground.stage.auditor.things_of, "")
    assert set(before) - set(after) == {f"bucket {deletion.bucket}"}
    assert await ground.strangers.changed() == []
