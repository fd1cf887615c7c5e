"""Somebody of support in tests, and grants as the API gives to nobody."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from temporalio.client import WorkflowHandle

from domain.messages.access import AccessEnding, AccessRequest
from domain.naming import namespace_name
from domain.support import AccessMode, access_workflow_id
from runtime.sealed_box import Receiver
from tests.workflows.stage import Json, Stage, first, new_key


@dataclass(frozen=True)
class Desk:
    """Somebody of support, with a key of their own, and one tenant."""

    stage: Stage
    tenant: Json
    key: dict[str, str]

    async def ask(self, **wishes: Any) -> Json:
        body = {"reason": "ticket 4711", "seconds": 3600, "mode": "read", **wishes}
        answer = await self.post(f"/v1/tenants/{self.tenant['slug']}/access", body)
        assert answer.status_code == 201, answer.text
        view: Json = answer.json()
        return view

    async def post(self, path: str, body: Json | None = None) -> httpx.Response:
        return await self.stage.http.post(path, json=body, headers={**self.key, **new_key()})

    async def approved(self, **wishes: Any) -> Json:
        """Access that somebody else has approved, and that can be used."""
        asked = await self.ask(**wishes)
        answer = await self.stage.http.post(f"/v1/access/{asked['id']}/approve", headers=new_key())
        assert answer.status_code == 200, answer.text
        return await self.until(asked, "active")

    async def until(self, access: Json, state: str) -> Json:
        return await first(lambda: self.view(access), lambda view: view["state"] == state)

    async def view(self, access: Json) -> Json:
        answer = await self.stage.http.get(f"/v1/access/{access['id']}", headers=self.key)
        view: Json = answer.json()
        return view

    async def credentials(self, access: Json, provider: str = "kubernetes") -> Json:
        """Opened with a private key that never left this process."""
        receiver = Receiver.new()
        body = {"public_key": receiver.public_key, "provider": provider}
        answer = await self.post(f"/v1/access/{access['id']}/credentials", body)
        assert answer.status_code == 200, answer.text
        opened = receiver.open(answer.json()[provider]["sealed"], f"{provider} {access['id']}")
        found: Json = json.loads(opened)
        return found

    @property
    def namespace(self) -> str:
        return namespace_name(self.stage.settings.install, self.tenant["tenant_id"])


def request(desk: Desk, **wishes: Any) -> AccessRequest:
    given = {"approval": "second_person", "approval_seconds": 60, **wishes}
    return AccessRequest(
        grant_id=f"ag{uuid4().hex[:18]}",
        tenant_id=desk.tenant["tenant_id"],
        requested_by="key:somebody",
        reason="a test",
        mode=AccessMode.READ,
        **given,
    )


async def start(desk: Desk, request: AccessRequest) -> WorkflowHandle[Any, AccessEnding]:
    return await desk.stage.client.start_workflow(
        "GrantAccess",
        request,
        id=access_workflow_id(request.grant_id),
        task_queue=desk.stage.settings.task_queue,
        result_type=AccessEnding,
    )


async def customers_key(desk: Desk, customer_id: str) -> dict[str, str]:
    body = {"name": "theirs", "roles": ["customer"], "customer_id": customer_id}
    made = await desk.stage.http.post("/v1/keys", json=body, headers=new_key())
    return {"Authorization": f"Bearer {made.json()['key']}"}
