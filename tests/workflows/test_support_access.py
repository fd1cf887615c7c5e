"""Support access, from the request over HTTP to what its token may do in the tenant's cluster."""

import asyncio
import base64
import json
from datetime import datetime
from itertools import product

import httpx
import pytest
import yaml

from domain.messages.access import AccessDecision, AccessEnding
from domain.support import AccessState, access_workflow_id
from runtime.sealed_box import Receiver
from runtime.settings import ROOT
from tests.workflows.stage import Json, Stage, new_key
from tests.workflows.support_desk import Desk, customers_key, request, start

CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
APPLY = {"Content-Type": "application/apply-patch+yaml"}


@pytest.fixture(scope="module")
async def desk(stage: Stage) -> Desk:
    tenant = await stage.active(plan="echo")
    documents = yaml.safe_load_all((ROOT / "deploy/kubernetes/rbac/support.yaml").read_text())
    roles = [one for one in documents if one["kind"] == "ClusterRole"]
    async with httpx.AsyncClient() as clusters:
        for url, role in product(stage.cluster_urls.values(), roles):
            path = f"{url}{CLUSTER_ROLES}/{role['metadata']['name']}?fieldManager=tests"
            applied = await clusters.patch(path, content=yaml.safe_dump(role), headers=APPLY)
            assert applied.status_code in {200, 201}, applied.text
    made = await stage.http.post("/v1/keys", json={"name": "Sam", "roles": ["support"]}, headers=new_key())
    return Desk(stage, tenant, {"Authorization": f"Bearer {made.json()['key']}"})


async def reads(credentials: Json, namespace: str, what: str) -> int:
    """The status of the cluster's answer to whoever bears these credentials."""
    bearer = {"Authorization": f"Bearer {credentials['token']}"}
    async with httpx.AsyncClient(base_url=credentials["server"], headers=bearer) as cluster:
        return (await cluster.get(f"/api/v1/namespaces/{namespace}/{what}")).status_code


async def test_a_second_person_approves(desk: Desk) -> None:
    """Whoever asks has nothing before somebody else agrees, and cannot agree themselves."""
    asked = await desk.ask()
    assert (asked["state"], asked["ends_at"], asked["reason"]) == ("requested", None, "ticket 4711")
    path = f"/v1/access/{asked['id']}"
    listed = await desk.stage.http.get(f"/v1/tenants/{desk.tenant['slug']}/access?state=requested")
    assert listed.json() == {"items": [asked], "next": None}
    early = await desk.post(f"{path}/credentials", {"public_key": Receiver.new().public_key})
    assert (early.status_code, early.json()["code"]) == (409, "AccessNotPossible")
    own = await desk.post(f"{path}/approve")
    assert own.status_code == 403
    answer = await desk.stage.http.post(f"{path}/approve", headers=new_key())
    view = answer.json()
    lasts = datetime.fromisoformat(view["ends_at"]) - datetime.fromisoformat(view["approved_at"])
    assert (answer.status_code, lasts.total_seconds()) == (200, 3600)
    others = await desk.stage.http.post(
        f"{path}/credentials", json={"public_key": Receiver.new().public_key}, headers=new_key()
    )
    assert others.status_code == 403, "an admin, who did not ask for it, gets none either"
    await desk.until(asked, "active")
    await desk.post(f"{path}/revoke")
    ended = await desk.until(asked, "revoked")
    assert ended["ended_by"] == asked["requested_by"]


async def test_credentials_are_for_one_namespace_and_die_with_the_access(desk: Desk) -> None:
    """A token reads the tenant's pods, no secrets and nothing of others, and is refused once it is revoked.

    No history and no row holds it.
    """
    access = await desk.approved()
    credentials = await desk.credentials(access)
    assert datetime.fromisoformat(credentials["expires_at"]) <= datetime.fromisoformat(access["ends_at"])
    assert credentials["namespace"] == desk.namespace
    statuses = [
        await reads(credentials, *place)
        for place in ((desk.namespace, "pods"), (desk.namespace, "secrets"), ("kube-system", "pods"))
    ]
    assert statuses == [200, 403, 403]
    run = desk.stage.client.get_workflow_handle(access_workflow_id(access["id"]))
    history = await run.fetch_history()
    told = "\n".join(_payloads(json.loads(history.to_json())))
    assert access["id"] in told
    assert credentials["token"] not in told
    assert credentials["token"].rpartition(".")[2] not in told
    answer = await desk.stage.http.post(f"/v1/access/{access['id']}/revoke", headers=new_key())
    assert answer.status_code == 200
    await desk.until(access, "revoked")
    assert await reads(credentials, desk.namespace, "pods") == 401
    body = {"public_key": Receiver.new().public_key}
    late = await desk.post(f"/v1/access/{access['id']}/credentials", body)
    assert (late.status_code, late.json()["code"]) == (409, "AccessNotPossible")


async def test_a_session_in_aws_is_given_while_the_access_lasts(desk: Desk) -> None:
    """It dies with the access or before, no history holds it, and there is none once that has ended."""
    access = await desk.approved(mode="write")
    session = await desk.credentials(access, "aws")
    assert datetime.fromisoformat(session["expires_at"]) <= datetime.fromisoformat(access["ends_at"])
    again = await desk.credentials(access, "aws")
    assert again["access_key_id"] != session["access_key_id"], "renewed by asking again"
    run = desk.stage.client.get_workflow_handle(access_workflow_id(access["id"]))
    told = "\n".join(_payloads(json.loads((await run.fetch_history()).to_json())))
    assert session["session_token"] not in told
    assert session["secret_access_key"] not in told
    await desk.stage.http.post(f"/v1/access/{access['id']}/revoke", headers=new_key())
    await desk.until(access, "revoked")
    body = {"public_key": Receiver.new().public_key, "provider": "aws"}
    late = await desk.post(f"/v1/access/{access['id']}/credentials", body)
    assert (late.status_code, late.json()["code"]) == (409, "AccessNotPossible")
    short = await desk.approved(seconds=900)
    early = await desk.post(f"/v1/access/{short['id']}/credentials", body)
    assert (early.status_code, early.json()["code"]) == (409, "AccessNotPossible")
    assert "less than 15 minutes of this access are left" in early.json()["detail"]
    await desk.post(f"/v1/access/{short['id']}/revoke")


async def test_a_customer_agrees_where_it_is_so_set(desk: Desk) -> None:
    """It sees who wants what and why, approves it when nobody else may, and ends it; another sees nothing."""
    wish = request(desk, seconds=900, approval="customer")
    run = await start(desk, wish)
    await run.execute_update("accept_access")
    path = f"/v1/access/{wish.grant_id}"
    owner = (await desk.stage.tenant(desk.tenant))["customer_id"]
    own, foreign = await customers_key(desk, owner), await customers_key(desk, await desk.stage.customer())
    post, get = desk.stage.http.post, desk.stage.http.get
    assert (await get(path, headers=foreign)).status_code == 404
    assert (await get("/v1/access", headers=foreign)).json()["items"] == []
    assert (await get(path, headers=own)).json()["reason"] == "a test"
    assert (await post(f"{path}/approve", headers={**foreign, **new_key()})).status_code == 404
    assert (await post(f"{path}/approve", headers=new_key())).status_code == 403, (
        "an admin is not the customer"
    )
    approved = await post(f"{path}/approve", headers={**own, **new_key()})
    assert approved.status_code == 200, approved.text
    assert (await post(f"{path}/revoke", headers={**own, **new_key()})).status_code == 200
    assert (await run.result()).state is AccessState.REVOKED


async def test_access_ends_by_itself(desk: Desk) -> None:
    """When its time is over the account is taken away; what nobody approves lapses."""
    short = await desk.ask(seconds=900)
    ending, lapsed = await asyncio.gather(_brief(desk, approve=True), _brief(desk, approve=False))
    assert (ending.state, lapsed.state) == (AccessState.EXPIRED, AccessState.LAPSED)
    accounts = await asyncio.to_thread(_accounts, desk)
    assert not any(name.startswith("tenantry-support-") for name in accounts), accounts
    await desk.post(f"/v1/access/{short['id']}/revoke")


async def test_a_suspension_ends_it(desk: Desk) -> None:
    """It is withdrawn, its token is refused, and there is none to a tenant that does not run."""
    access = await desk.approved(mode="write")
    credentials = await desk.credentials(access)
    assert await reads(credentials, desk.namespace, "pods") == 200
    suspension = await desk.stage.ask("POST", f"/v1/tenants/{desk.tenant['slug']}/suspend")
    ended = await desk.until(access, "withdrawn")
    assert "suspend" in ended["detail"]
    assert await reads(credentials, desk.namespace, "pods") == 401
    await desk.stage.finished(suspension)
    body = {"reason": "ticket 4711", "seconds": 900}
    refused = await desk.post(f"/v1/tenants/{desk.tenant['slug']}/access", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "PhaseConflict")


async def _brief(desk: Desk, *, approve: bool) -> AccessEnding:
    """Access that lasts a second, as the API gives to nobody."""
    run = await start(desk, request(desk, seconds=1, approval_seconds=60 if approve else 1))
    if approve:
        await run.execute_update("accept_access")
        await run.execute_update("approve", AccessDecision(by="key:another"))
    ending: AccessEnding = await run.result()
    return ending


def _accounts(desk: Desk) -> list[str]:
    names: list[str] = []
    for url in desk.stage.cluster_urls.values():
        answer = httpx.get(f"{url}/api/v1/namespaces/{desk.namespace}/serviceaccounts")
        names += [item["metadata"]["name"] for item in answer.json()["items"]]
    return names


def _payloads(node: object) -> list[str]:
    """Every payload's data below the node: histories hold them in base64."""
    if isinstance(node, dict):
        own = [base64.b64decode(node["data"]).decode()] if isinstance(node.get("data"), str) else []
        return own + [text for value in node.values() for text in _payloads(value)]
    if isinstance(node, list):
        return [text for value in node for text in _payloads(value)]
    return []
