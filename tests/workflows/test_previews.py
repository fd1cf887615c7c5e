"""A preview changes nothing, and what it says then comes."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

import api.previews
from activities.kubernetes.clients import Clusters
from activities.kubernetes.cluster import Cluster
from catalog import Catalog
from tests.workflows.calls import writes
from tests.workflows.snapshots import Moved, Things, moved, previewed, snapshot
from tests.workflows.stage import Json, Stage
from workflows import policies

DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403}
BUSY = {"action": "refuse", "code": "ServiceUnavailable", "status": 503}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that wait for an answer are about what is in it, however busy the machine is."""
    monkeypatch.setattr(policies, "PREVIEW_LIMIT", timedelta(seconds=50))
    monkeypatch.setattr(api.previews, "ANSWER_SECONDS", 60)
    monkeypatch.setattr(api.previews, "RUN_LIMIT", timedelta(seconds=60))


@dataclass(frozen=True)
class Eye:
    """Looks at one tenant before and after."""

    stage: Stage
    cluster: Cluster
    tenant: Json

    @property
    def path(self) -> str:
        return f"/v1/tenants/{self.tenant['slug']}"

    async def preview(self, change: str, **wishes: Any) -> Json:
        answer = await self.stage.http.post(f"{self.path}/preview", json={"change": change, **wishes})
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        assert found["not_seen"] == []
        return found

    async def harmless(self, change: str, **wishes: Any) -> Json:
        """A preview, and that nothing was changed by it."""
        ids, before = {self.tenant["tenant_id"]}, await self.tenant_view()
        done = await writes(self.stage, ids)
        assert done, "the sign-up's own calls are recorded"
        found = await self.preview(change, **wishes)
        assert await writes(self.stage, ids) == done
        assert await self.tenant_view() == before
        return found

    async def tenant_view(self) -> Json:
        return await self.stage.tenant(self.tenant)

    async def things(self) -> Things:
        return await asyncio.to_thread(snapshot, self.stage, self.cluster, self.tenant["tenant_id"])

    async def done(self, method: str, way: str = "", body: Json | None = None) -> Moved:
        """What a change has moved."""
        before = await self.things()
        ended = await self.stage.finished(await self.stage.ask(method, f"{self.path}{way}", body))
        assert ended["status"] == "succeeded", ended
        return moved(before, await self.things())


async def eye_on(stage: Stage, catalog: Catalog) -> Eye:
    cluster = Clusters(stage.settings, catalog.cells).of("use1")
    return Eye(stage, cluster, await stage.active(users=50))


@pytest.fixture
async def eye(stage: Stage, catalog: Catalog) -> Eye:
    return await eye_on(stage, catalog)


@pytest.fixture(scope="module")
async def still(stage: Stage, catalog: Catalog) -> Eye:
    """On a tenant that no test changes."""
    return await eye_on(stage, catalog)


async def test_a_scale_changes_what_was_previewed(eye: Eye) -> None:
    """Field by field: nothing else is changed by the scale, and then there is nothing left to change."""
    for target in ({"users": 120}, {"plan": "business", "users": 1500}, {"plan": "team", "users": 20}):
        found = await eye.harmless("scale", **target)
        assert previewed(found)
        assert await eye.done("PATCH", "", target) == previewed(found)
        assert (await eye.tenant_view())["sizes"] == found["then"]["sizes"]
        assert (await eye.preview("scale", **target))["objects"] == []


async def test_a_life_goes_as_previewed(eye: Eye) -> None:
    """Suspend, resume, teardown, restore: each moves what its preview named, and ends in its phase."""
    for change, method, way in (
        ("suspend", "POST", "/suspend"),
        ("resume", "POST", "/resume"),
        ("teardown", "DELETE", ""),
        ("restore", "POST", "/restore"),
    ):
        found = await eye.harmless(change)
        assert await eye.done(method, way) == previewed(found)
        view = await eye.tenant_view()
        assert view["phase"] == found["then"]["phase"]
        assert bool(view["remove_after"]) == bool(found["remove_after"])
    await _removed_as_previewed(eye)


async def _removed_as_previewed(eye: Eye) -> None:
    """A teardown without grace removes what its preview lists, and that is everything."""
    found = await eye.harmless("teardown", grace=0)
    assert {one["effect"] for one in found["objects"]} == {"removed"}
    assert (found["then"]["phase"], found["disruption"]["severity"]) == ("deleted", "gone")
    await eye.stage.finished(await eye.stage.ask("DELETE", f"{eye.path}?grace=0"))
    certificate = (await eye.stage.http.get(f"{eye.path}/certificate")).json()
    assert _named(found["objects"]) == _named(certificate["entries"])


def _named(things: list[Json]) -> set[str]:
    return {f"{one['kind']} {one['name']}" for one in things}


async def test_what_users_notice_is_told(still: Eye) -> None:
    """A larger class interrupts the database, the only auth pod is replaced, proxies one after the other."""
    found = await still.preview("scale", plan="business", users=80)
    noticed = {
        one["name"].rpartition("-")[2]: one["severity"] for one in found["disruption"]["interruptions"]
    }
    assert noticed == {"database": "interrupted", "auth": "interrupted", "proxy": "brief"}
    assert found["disruption"]["severity"] == "interrupted"
    assert found["duration"]["longest_chain"] == ["foundation", "database", "auth", "proxy"]
    assert found["capacity"]["fits"]
    assert found["capacity"]["quota_then"]["pods"] == 13
    assert found["price"]["period_then"]["total_minor"] == 900_00


async def test_what_cannot_be_looked_at_is_named(still: Eye) -> None:
    """A provider that refuses costs its own steps, and the rest is told."""
    async with still.stage.aws_fault(match={"operation": "DescribeDBInstances"}, **DENIED):
        answer = await still.stage.http.post(f"{still.path}/preview", json={"change": "scale", "users": 120})
    found = answer.json()
    assert [(one["step"], one["error"]["code"]) for one in found["not_seen"]] == [
        ("database", "AccessDenied")
    ]
    assert {one["kind"] for one in found["objects"]} >= {"autoscaling/v2/HorizontalPodAutoscaler"}


async def test_nobody_is_kept_waiting(still: Eye, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no provider, or no worker, to be had, the answer comes within seconds: 503, and what to do."""
    monkeypatch.setattr(policies, "PREVIEW_LIMIT", timedelta(seconds=1))
    async with still.stage.cluster_fault("use1", match={"verb": "get"}, action="refuse", status=503):
        away = await still.stage.refused("POST", f"{still.path}/preview", {"change": "suspend"})
    assert (away["code"], "ask again" in away["detail"]) == ("Unavailable", True)
    monkeypatch.setattr(api.previews, "ANSWER_SECONDS", 0.5)
    async with still.stage.on_queue("nobody-serves-this") as unserved:
        away = await unserved.refused("POST", f"{still.path}/preview", {"change": "suspend"})
    assert away["code"] == "Unavailable"


async def test_a_preview_waits_for_no_run(eye: Eye) -> None:
    """While a scale is open, a newer target and what takes its place can be previewed, and no more."""
    async with eye.stage.aws_fault(match={"operation": "ModifyDBInstance"}, **BUSY):
        scale = await eye.stage.ask("PATCH", eye.path, {"users": 120})
        await eye.stage.until_step(scale, "database")
        for change in ({"change": "scale", "users": 180}, {"change": "suspend"}):
            answer = await eye.stage.http.post(f"{eye.path}/preview", json=change)
            assert answer.json()["takes_over"]["id"] == scale["operation_id"]
        refused = await eye.stage.refused("POST", f"{eye.path}/preview", {"change": "restore"})
        assert refused["operation"]["id"] == scale["operation_id"]
        same = await eye.stage.refused("POST", f"{eye.path}/restore")
        assert {**same, "instance": "", "request_id": ""} == {**refused, "instance": "", "request_id": ""}
    await eye.stage.finished(scale)
