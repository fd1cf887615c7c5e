"""A worker that forgets every run after each task: nothing healthy is undone by that."""

from collections.abc import AsyncIterator

import pytest

from catalog import Catalog
from runtime.clock import MovableClock
from runtime.settings import Settings
from store.engine import make_engine
from tests.workflows.faults import STEP
from tests.workflows.stage import Stage
from tests.workflows.standing import WHOLE
from worker.app import build_worker


@pytest.fixture
async def forgetful(
    stage: Stage, settings: Settings, catalog: Catalog, clock: MovableClock
) -> AsyncIterator[Stage]:
    """The same installation on a queue of its own, served by a worker that caches no run."""
    own = settings.model_copy(update={"task_queue": "forgetful", "worker_cached_runs": 0})
    engine = make_engine(own.database_url.get_secret_value(), own.database_pool)
    async with build_worker(stage.client, own, catalog, engine, clock), stage.on_queue("forgetful") as other:
        yield other
    engine.dispose()


async def test_eviction_and_continue_as_new_undo_nothing(forgetful: Stage) -> None:
    """With no cache, a sign-up ends active, and a suspend that waited behind it continues as new and ends."""
    async with STEP["proxy"].held(forgetful):
        signup = await forgetful.ask_signup()
        await forgetful.until_step(signup, "proxy")
        suspend = await forgetful.ask("POST", f"/v1/tenants/{signup['slug']}/suspend")
    assert (await forgetful.finished(signup))["status"] == "succeeded"
    assert (await forgetful.finished(suspend))["status"] == "succeeded"
    assert (await forgetful.tenant(signup))["phase"] == "suspended"
    assert len(await forgetful.things(signup)) == WHOLE


async def test_a_take_over_without_a_cache_undoes_once(forgetful: Stage) -> None:
    """With no cache, a teardown over a sign-up undoes it, removes what is left, and is certified."""
    async with STEP["database"].held(forgetful):
        signup = await forgetful.ask_signup()
        await forgetful.until_step(signup, "database")
        teardown = await forgetful.ask("DELETE", f"/v1/tenants/{signup['slug']}")
        assert (await forgetful.finished(teardown))["status"] == "succeeded"
    assert await forgetful.things(signup) == []
