"""A stack without delays, and sign-ups over HTTP as a billing service would do them."""

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import yaml
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from devstack.stack import Stack, StackOptions
from domain.naming import new_tenant_id, workflow_id
from runtime.settings import ROOT

REGIONS = ("us-east-1", "eu-west-1", "us-west-2")
POLL_SECONDS = 0.02
BURST_POLL_SECONDS = 3.0
PATIENCE_SECONDS = 120
MEMORY = Path("/dev/shm")
MEMORY_WANTED = 2**30
Json = dict[str, Any]
FINISHED = {"succeeded", "failed", "cancelled", "superseded"}

# What Temporal Cloud bills as one Action each; an activity counts once per attempt.
ACTIONS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
}


@contextlib.contextmanager
def running_stack() -> Iterator[Stack]:
    entries = yaml.safe_load((ROOT / "cells.yaml").read_text())
    cells = [{"name": name, **cell} for name, cell in entries.items()]
    with _home() as home:
        stack = Stack(StackOptions(cells=cells, home=home)).start()
        try:
            yield stack
        finally:
            stack.stop()


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """A folder in memory if there is room, else in the checkout.

    The stand-in for RDS makes a database of 300 files for each tenant. On an ext4 disk without a journal that
    took a quarter of the machine after the files of an earlier stack were deleted; that is not our speed.
    """
    if not (os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_WANTED):
        yield ROOT / ".devstack"
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="tenantry-bench-") as home:
        Path(home).chmod(0o755)  # PostgreSQL runs as another user where we are root
        yield Path(home)


@dataclass(frozen=True)
class SignedUp:
    slug: str
    tenant_id: str
    seconds: float
    status: str


class BenchStage:
    """One customer and its sign-ups."""

    def __init__(self, stack: Stack) -> None:
        self._address = stack.temporal.address
        self._http = httpx.Client(
            base_url=stack.addresses["api"],
            timeout=60,
            limits=httpx.Limits(max_connections=100),
            headers={"Authorization": f"Bearer {stack.api_key}"},
        )
        self._customer = ""
        self._last: SignedUp | None = None

    def __enter__(self) -> Self:
        answer = self._http.post("/v1/customers", json={"name": "Bench"}, headers=_key())
        answer.raise_for_status()
        self._customer = answer.json()["id"]
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def signup(self, plan: str, region: str) -> SignedUp:
        """From POST until the operation is seen to have ended."""
        began = time.monotonic()
        accepted = self._ask(plan, region)
        view = self._ended(accepted, POLL_SECONDS)
        seconds = time.monotonic() - began
        self._last = SignedUp(accepted["slug"], accepted["tenant_id"], seconds, view["status"])
        return self._last

    def _ask(self, plan: str, region: str) -> Json:
        tenant_id = new_tenant_id()
        answer = self._http.post(
            "/v1/tenants",
            json={
                "id": tenant_id,
                "slug": f"b-{tenant_id}",
                "customer_id": self._customer,
                "plan": plan,
                "users": 20,
                "region": region,
            },
            headers=_key(),
        )
        answer.raise_for_status()
        accepted: Json = answer.json()
        return accepted

    def burst(self, count: int) -> tuple[float, int]:
        """Sign-ups per second from the first POST to the last end, and how many did not succeed.

        Ends are the server's own instants, so that watching can be rare and does not load what it measures.
        """
        began = datetime.now(UTC)
        with ThreadPoolExecutor(max_workers=count) as pool:
            asked = list(pool.map(lambda index: self._ask("team", REGIONS[index % 3]), range(count)))
            views = list(pool.map(partial(self._ended, poll_seconds=BURST_POLL_SECONDS), asked))
        last = max(datetime.fromisoformat(view["finished_at"]) for view in views)
        return count / (last - began).total_seconds(), sum(v["status"] != "succeeded" for v in views)

    def actions_of_last_signup(self) -> int:
        """Counted from the run's history."""
        if self._last is None:
            raise RuntimeError("no sign-up yet")
        return asyncio.run(_actions(self._address, workflow_id(self._last.slug, self._last.tenant_id)))

    def _ended(self, accepted: Json, poll_seconds: float) -> Json:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = self._http.get(accepted["links"]["operation"])
            answer.raise_for_status()
            view: Json = answer.json()
            if view["status"] in FINISHED:
                return view
            time.sleep(poll_seconds)
        raise TimeoutError(f"{accepted['slug']} did not end within {PATIENCE_SECONDS} s")


async def _actions(address: str, run: str) -> int:
    client = await Client.connect(address)
    count = 0
    async for event in client.get_workflow_handle(run).fetch_history_events():
        if event.event_type in ACTIONS:
            count += 1
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            count += event.activity_task_started_event_attributes.attempt
    return count


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}
