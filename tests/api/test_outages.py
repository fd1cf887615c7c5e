"""Temporal, the workers or PostgreSQL away: 503 that says when to come back, and nothing lost."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from api import runs
from api.app import create_app
from catalog import Catalog
from devstack.processes import free_port
from runtime.clock import SystemClock
from runtime.settings import Settings
from runtime.temporal import connect
from store.engine import make_engine
from store.inventory import Inventory
from tests.api.conftest import make_worker, served
from tests.api.front import Front, admin_at, code_of, new_key
from tests.api.providers import Providers


def changed(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update=values)


async def test_temporal_away_loses_nothing(front: Front, api_settings: Settings, catalog: Catalog) -> None:
    """While Temporal is away a sign-up is a 503 with Retry-After; the same key starts it when it is back."""
    body, key = await front.signup_body(), new_key()
    away = changed(api_settings, temporal_address=f"127.0.0.1:{free_port()}")
    async with (
        served(create_app(away, catalog=catalog)) as address,
        admin_at(address) as http,
    ):
        refused = await http.post("/v1/tenants", json=body, headers=key)
        assert (refused.status_code, code_of(refused)) == (503, "Unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert "Temporal" in refused.json()["detail"]
        ready = await http.get("/readyz")
        assert (ready.status_code, code_of(ready)) == (503, "Unavailable")
        assert "Temporal" in ready.json()["detail"]
        assert "PostgreSQL" not in ready.json()["detail"]
        assert (await http.get("/v1/tenants?limit=1")).status_code == 200
    accepted = await front.ask("POST", "/v1/tenants", body, key)
    assert accepted.status_code == 202
    assert accepted.json()["tenant_id"] == body["id"]
    assert (await front.ended(accepted.json()["operation_id"]))["status"] == "succeeded"


async def test_a_namespace_that_is_not_there(front: Front, api_settings: Settings, catalog: Catalog) -> None:
    """A wrong namespace is ours to mend: the client is told to come back, not that a run is open."""
    wrong = changed(api_settings, temporal_namespace="nowhere")
    async with (
        served(create_app(wrong, catalog=catalog)) as address,
        admin_at(address) as http,
    ):
        answer = await http.post("/v1/tenants", json=await front.signup_body(), headers=new_key())
    assert (answer.status_code, code_of(answer)) == (503, "Unavailable")


async def test_postgresql_away(api_settings: Settings, catalog: Catalog) -> None:
    """While PostgreSQL is away every answer that needs it is a 503, and the process lives on."""
    url = type(api_settings.database_url)(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    app = create_app(changed(api_settings, database_url=url), catalog=catalog)
    async with (
        served(app) as address,
        admin_at(address) as http,
    ):
        for path in (
            "/v1/tenants",
            "/v1/tenants/some-slug",
            "/v1/operations/abc",
            "/v1/operations/abc/events",
        ):
            answer = await http.get(path)
            assert (answer.status_code, code_of(answer)) == (503, "Unavailable")
            assert int(answer.headers["retry-after"]) > 0
        change = await http.post("/v1/customers", json={"name": "Acme"}, headers=new_key())
        assert (change.status_code, code_of(change)) == (503, "Unavailable")
        ready = await http.get("/readyz")
        assert "PostgreSQL" in ready.json()["detail"]
        assert "Temporal" not in ready.json()["detail"]
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/v1/plans")).status_code == 200


@pytest.mark.parametrize("repeat_first", [True, False])
async def test_workers_away_loses_nothing(
    front: Front,
    api_settings: Settings,
    catalog: Catalog,
    monkeypatch: pytest.MonkeyPatch,
    repeat_first: bool,
) -> None:
    """Without a worker a sign-up is a 503; its run waits, and the same key goes on with that very run,
    whether the repeat comes before the worker or after it."""
    queue = f"no-worker-{repeat_first}"
    settings = changed(api_settings, task_queue=queue)
    body, key = await front.signup_body(), new_key()
    monkeypatch.setattr(runs, "ACCEPT_SECONDS", 0.5)
    async with (
        served(create_app(settings, catalog=catalog)) as address,
        admin_at(address) as http,
    ):
        refused = await http.post("/v1/tenants", json=body, headers=key)
        assert (refused.status_code, code_of(refused)) == (503, "Unavailable")
        monkeypatch.setattr(runs, "ACCEPT_SECONDS", 20)
        client = await connect(settings)
        worker = make_worker(client, settings, catalog, front.engine, front.providers)
        if repeat_first:
            repeat = asyncio.create_task(http.post("/v1/tenants", json=body, headers=key))
            await asyncio.sleep(0)
            async with worker:
                accepted = await repeat
                assert accepted.status_code == 202, accepted.text
                await front.ended(accepted.json()["operation_id"])
        else:
            async with worker:
                accepted = await http.post("/v1/tenants", json=body, headers=key)
                assert accepted.status_code == 202, accepted.text
                await front.ended(accepted.json()["operation_id"])
    assert await front.runs_of(body["slug"], body["id"]) == 1


async def test_the_answer_lost_after_the_run_began(front: Front) -> None:
    """A client that hangs up before the answer finds its operation with the same key; one run was made."""
    body, key = await front.signup_body(), new_key()
    with pytest.raises(httpx.TimeoutException):
        await front.http.post("/v1/tenants", json=body, headers=key, timeout=0.01)
    accepted = await front.ask("POST", "/v1/tenants", body, key)
    assert accepted.status_code == 202
    assert (await front.ended(accepted.json()["operation_id"]))["status"] == "succeeded"
    assert await front.runs_of(body["slug"], body["id"]) == 1


async def test_progress_without_workers_comes_from_the_database(
    front: Front, api_settings: Settings, catalog: Catalog
) -> None:
    """An open operation whose run cannot be asked is still shown, as the database has it."""
    settings = changed(api_settings, task_queue="leaves")
    client = await connect(settings)
    engine = make_engine(settings.database_url.get_secret_value(), 5)
    providers = Providers(Inventory(engine, SystemClock()))
    body = await front.signup_body()
    providers.hold(body["slug"])
    async with (
        served(create_app(settings, catalog=catalog)) as address,
        admin_at(address) as http,
    ):
        async with make_worker(client, settings, catalog, engine, providers, cached_runs=0):
            accepted = (await http.post("/v1/tenants", json=body, headers=new_key())).json()
        view = (await http.get(accepted["links"]["operation"])).json()
        assert (view["status"], view["steps"]) == ("running", [])
        providers.release(body["slug"])
        async with make_worker(client, settings, catalog, engine, providers, cached_runs=0):
            assert (await front.ended(accepted["operation_id"]))["status"] == "succeeded"
    engine.dispose()


def test_patience_is_shorter_than_a_load_balancers() -> None:
    """All waiting for a run stays under the 30 s after which proxies hang up."""
    assert timedelta(seconds=runs.ACCEPT_SECONDS + runs.ENDING_SECONDS) < timedelta(seconds=30)
