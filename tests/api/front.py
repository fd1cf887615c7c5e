"""A client's hands: asks over HTTP, waits for conditions, looks into Temporal and the database."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.client import Client

from api.runs import Runs
from domain.naming import new_tenant_id, workflow_id
from runtime.settings import Settings
from tests.api.providers import Providers

ADMIN_KEY = "a key of development that tests use everywhere"
AS_ADMIN = {"Authorization": f"Bearer {ADMIN_KEY}"}
PATIENCE_SECONDS = 60
ENDED = {"succeeded", "failed", "cancelled", "superseded"}
Json = dict[str, Any]
T = TypeVar("T")


def keyed(settings: Settings) -> Settings:
    """An API of these settings takes what AS_ADMIN bears."""
    return settings.model_copy(update={"development_key": SecretStr(ADMIN_KEY)})


def admin_at(address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, timeout=30, headers=AS_ADMIN)


@dataclass
class Front:
    http: httpx.AsyncClient
    temporal: Client
    engine: Engine
    providers: Providers
    runs: Runs
    customer_id: str = ""

    async def customer(self) -> str:
        """A customer that tests share, as nothing about it ever changes."""
        if not self.customer_id:
            answer = await self.http.post("/v1/customers", json={"name": "Acme"}, headers=new_key())
            assert answer.status_code == 201, answer.text
            self.customer_id = answer.json()["id"]
        return self.customer_id

    async def signup_body(self, **wishes: Any) -> Json:
        """A small tenant whose blueprint is done in moments; `wishes` override."""
        tenant_id = new_tenant_id()
        return {
            "id": tenant_id,
            "slug": f"s-{tenant_id}",
            "customer_id": await self.customer(),
            "plan": "echo",
            "users": 20,
            "region": "us-east-1",
            **wishes,
        }

    async def ask(
        self, method: str, path: str, body: Json | None = None, key: dict[str, str] | None = None
    ) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers=key or new_key())

    async def sign_up(self, **wishes: Any) -> Json:
        answer = await self.ask("POST", "/v1/tenants", await self.signup_body(**wishes))
        assert answer.status_code == 202, answer.text
        accepted: Json = answer.json()
        return accepted

    async def active(self, **wishes: Any) -> Json:
        """The 202 of a sign-up that has succeeded."""
        accepted = await self.sign_up(**wishes)
        ended = await self.ended(accepted["operation_id"])
        assert ended["status"] == "succeeded", ended
        return accepted

    async def operation(self, operation_id: str) -> Json:
        answer = await self.http.get(f"/v1/operations/{operation_id}")
        assert answer.status_code == 200, answer.text
        view: Json = answer.json()
        return view

    async def ended(self, operation_id: str) -> Json:
        """The operation's view once it has ended."""

        async def look() -> Json | None:
            view = await self.operation(operation_id)
            return view if view["status"] in ENDED else None

        return await until(look)

    async def closed(self, as_of: datetime | None = None) -> Json:
        """The view of a closing run that has ended."""
        body = {"as_of": as_of.isoformat()} if as_of else {}
        answer = await self.ask("POST", "/v1/closings", body)
        assert answer.status_code == 202, answer.text

        async def look() -> Json | None:
            view: Json = (await self.http.get(answer.headers["Location"])).json()
            return view if view["state"] != "running" else None

        return await until(look)

    async def runs_of(self, slug: str, tenant_id: str) -> int:
        """How many runs Temporal has ever seen of this tenant; it lists them with a delay."""
        query = f'WorkflowId = "{workflow_id(slug, tenant_id)}"'

        async def look() -> int | None:
            return (await self.temporal.count_workflows(query)).count or None

        return await until(look)


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` finds first."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.1)


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def code_of(answer: httpx.Response) -> str:
    """The problem's code; fails if the answer is no complete problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return str(problem["code"])
