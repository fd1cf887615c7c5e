"""A part goes away in the middle of an operation: nothing is lost, nothing stays half-made."""

from contextlib import AsyncExitStack

import pytest

from tests.outages.site import Site
from tests.outages.strikes import AWS, CLUSTERS, POSTGRES, TEMPORAL, WORKER, Strike
from tests.workflows.faults import BUSY_AWS, BUSY_CLUSTER, STEP
from tests.workflows.stage import Json

STRIKES = [POSTGRES, TEMPORAL, AWS, CLUSTERS]


async def strike_and_mend(
    site: Site, strike: Strike, accepted: Json, activity: str, held: AsyncExitStack
) -> None:
    """Takes the part away while the activity is held, lets go, and brings it back once it was missed."""
    await site.until_retried(accepted, activity, attempt=strike.attempt)
    async with strike.during(site):
        await held.aclose()
        if strike.noticed:
            await site.until_noticed(accepted, strike.noticed)


@pytest.mark.parametrize("strike", STRIKES, ids=str)
async def test_a_signup_goes_on_when_the_part_is_back(site: Site, strike: Strike) -> None:
    """Whatever goes away while a step is retried, the sign-up ends active with one of each thing."""
    # The worker is killed in the middle of a sign-up in test_at_the_start.py.
    step, activity = ("auth", "kubernetes.ensure") if strike is CLUSTERS else ("database", "database.ensure")
    async with AsyncExitStack() as held:
        await held.enter_async_context(STEP[step].held(site.stage))
        accepted = await site.stage.ask_signup()
        await strike_and_mend(site, strike, accepted, activity, held)
    assert (await site.stage.finished(accepted))["status"] == "succeeded"
    assert await site.is_complete(accepted)


@pytest.mark.parametrize("strike", [*STRIKES, WORKER], ids=str)
async def test_an_undo_goes_on_when_the_part_is_back(site: Site, strike: Strike) -> None:
    """Whatever goes away in the middle of an undo, the sign-up ends failed and nothing is left of it."""
    stage = site.stage
    if strike is CLUSTERS:
        activity = "kubernetes.remove"
        fault = stage.cluster_fault(
            "use1", match={"verb": "delete", "resource": "namespaces"}, **BUSY_CLUSTER
        )
    else:
        activity = "database.remove"
        fault = stage.aws_fault(match={"operation": "DeleteDBInstance"}, **BUSY_AWS)
    async with AsyncExitStack() as held:
        await held.enter_async_context(fault)
        await held.enter_async_context(STEP["proxy"].refused(stage))
        accepted = await stage.ask_signup()
        await strike_and_mend(site, strike, accepted, activity, held)
    ended = await stage.finished(accepted)
    assert (ended["status"], ended["error"]["step"]) == ("failed", "proxy")
    assert await stage.things(accepted) == []
    assert (await stage.tenant(accepted))["phase"] == "failed"
