"""A customer's and an engineer's hands in tests: asks over HTTP, waits for conditions, injects faults."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from temporalio.client import Client, ScheduleHandle, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from api.app import create_app
from domain.messages import RetryRequest
from domain.naming import new_tenant_id, workflow_id
from runtime.settings import Settings
from tests.api.front import AS_ADMIN, keyed
from tests.audit import Auditor
from worker.schedules import schedule_id

PATIENCE_SECONDS = 60
POLL_SECONDS = 0.1
END_POLL_SECONDS = 0.25
"""An end stays to be seen, and a look costs as much as an activity."""
FINISHED = {"succeeded", "failed", "cancelled", "superseded"}
Json = dict[str, Any]


@dataclass
class Stage:
    """One installation with its worker, seen from outside."""

    http: httpx.AsyncClient
    client: Client
    settings: Settings
    auditor: Auditor
    cluster_urls: dict[str, str] = field(default_factory=dict)

    async def customer(self) -> str:
        answer = await self.http.post("/v1/customers", json={"name": "Acme"}, headers=new_key())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def ask_signup(self, **wishes: Any) -> Json:
        """Posts a sign-up and returns the 202's body; `wishes` override a small team in us-east-1."""
        tenant_id = wishes.pop("id", None) or new_tenant_id()
        body = {
            "id": tenant_id,
            "slug": f"s-{tenant_id}",
            "customer_id": wishes.pop("customer_id", None) or await self.customer(),
            "plan": "team",
            "users": 20,
            "region": "us-east-1",
            **wishes,
        }
        return await self.ask("POST", "/v1/tenants", body)

    async def active(self, **wishes: Any) -> Json:
        """A tenant that is active."""
        operation = await self.ask_signup(**wishes)
        ended = await self.finished(operation)
        assert ended["status"] == "succeeded", ended
        return operation

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """A change that must be accepted."""
        answer = await self.http.request(method, path, json=body, headers=new_key())
        assert answer.status_code == 202, answer.text
        accepted: Json = answer.json()
        return accepted

    async def refused(self, method: str, path: str, body: Json | None = None) -> Json:
        """A change that must be refused: the problem document."""
        answer = await self.http.request(method, path, json=body, headers=new_key())
        assert answer.status_code >= 400, answer.text
        problem: Json = answer.json()
        return problem

    async def operation(self, accepted: Json) -> Json:
        answer = await self.http.get(f"/v1/operations/{accepted['operation_id']}")
        assert answer.status_code == 200, answer.text
        view: Json = answer.json()
        return view

    async def tenant(self, accepted: Json) -> Json:
        answer = await self.http.get(f"/v1/tenants/{accepted['slug']}", params={"id": accepted["tenant_id"]})
        assert answer.status_code == 200, answer.text
        view: Json = answer.json()
        return view

    async def finished(self, accepted: Json) -> Json:
        """The operation's last view, once it has ended."""
        return await first(
            lambda: self.operation(accepted), lambda view: view["status"] in FINISHED, every=END_POLL_SECONDS
        )

    async def until(self, accepted: Json, condition: Callable[[Json], bool]) -> Json:
        """The first view of the operation that meets the condition."""
        return await first(lambda: self.operation(accepted), condition)

    async def until_tenant(self, accepted: Json, condition: Callable[[Json], bool]) -> Json:
        """The first view of the tenant that meets the condition."""
        return await first(lambda: self.tenant(accepted), condition)

    async def until_step(self, accepted: Json, step: str) -> Json:
        """The first view in which the step is under way."""
        return await self.until(accepted, lambda view: step in running_steps(view))

    def schedule(self, name: str) -> ScheduleHandle:
        """What begins runs by itself: one of the names of worker/schedules.py."""
        return self.client.get_schedule_handle(schedule_id(self.settings.install, name))

    async def retry(self, accepted: Json) -> None:
        """What an engineer does after mending the cause."""
        await self.run_of(accepted).execute_update("retry", RetryRequest(requested_by="an engineer"))

    async def finished_with_retries(self, accepted: Json) -> Json:
        """Asks to retry whenever the run waits for a person, until the operation has ended."""
        while True:
            view = await self.until(accepted, lambda v: v["status"] in FINISHED or bool(v["conditions"]))
            if view["status"] in FINISHED:
                return view
            try:
                await self.retry(accepted)
            except WorkflowUpdateFailedError:
                continue  # it went on in the meantime
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:  # it ended in the meantime
                    raise

    async def closed(self, accepted: Json) -> None:
        """Returns when no run of the tenant is open."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with contextlib.suppress(Exception):  # how the run ended is judged by the caller
                await self.run_of(accepted).result()

    async def things(self, accepted: Json) -> list[str]:
        """What exists of the tenant, asked of the providers."""
        return await asyncio.to_thread(self.auditor.things_of, accepted["tenant_id"])

    def run_of(self, accepted: Json) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id(accepted["slug"], accepted["tenant_id"]))

    @contextlib.asynccontextmanager
    async def on_queue(self, task_queue: str) -> AsyncIterator["Stage"]:
        """The same installation, whose API starts runs on another task queue."""
        settings = self.settings.model_copy(update={"task_queue": task_queue})
        async with serving(settings) as http:
            yield replace(self, http=http, settings=settings)

    @contextlib.asynccontextmanager
    async def aws_fault(self, **fault: Any) -> AsyncIterator[None]:
        """A fault at the wire of the AWS front while the block runs."""
        if "AWS_ENDPOINT_URL" in os.environ:
            pytest.skip("needs faults at the wire, which only our front can inject")
        assert self.settings.aws_endpoint_url
        async with self._fault(self.settings.aws_endpoint_url, fault):
            yield

    @contextlib.asynccontextmanager
    async def cluster_fault(self, cell: str, **fault: Any) -> AsyncIterator[None]:
        """A fault at the wire of a cell's cluster while the block runs."""
        if "TENANTRY_TEST_KUBECONFIG" in os.environ:
            pytest.skip("needs faults at the wire, which only the stand-in can inject")
        async with self._fault(self.cluster_urls[cell], fault):
            yield

    @contextlib.asynccontextmanager
    async def _fault(self, url: str, fault: Json) -> AsyncIterator[None]:
        name = f"fault-{uuid4().hex[:8]}"
        async with httpx.AsyncClient(base_url=url) as control:
            answer = await control.post("/_devstack/faults", json={"id": name, **fault})
            assert answer.status_code < 300, answer.text
            try:
                yield
            finally:
                await control.delete(f"/_devstack/faults/{name}")


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The API in this process, and a client of it."""
    app = create_app(keyed(settings))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://tenantry", headers=AS_ADMIN) as http,
    ):
        yield http


def running_steps(view: Json) -> set[str]:
    return {step["name"] for step in view["steps"] if step["status"] == "running"}


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


async def first(
    look: Callable[[], Awaitable[Json]], condition: Callable[[Json], bool], *, every: float = POLL_SECONDS
) -> Json:
    view: Json = {}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition(view := await look()):  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"condition not met within {PATIENCE_SECONDS} s; last seen: {view}") from None
    return view
