"""A worker is killed in the middle; the next one starts while what it talks to is away, and waits for it."""

import asyncio
from contextlib import AsyncExitStack

from tests.outages.site import Site, until
from tests.outages.strikes import AWS, CLUSTERS, POSTGRES, TEMPORAL
from tests.workflows.faults import STEP

NEEDED_TO_SERVE = {
    TEMPORAL: "Temporal is away; trying again",
    POSTGRES: "PostgreSQL is away; trying again",
}
"""In the order in which a worker asks for them, with what it says while they are away."""
NEEDED_TO_GO_ON = [AWS, CLUSTERS]
"""In the order in which the rest of the sign-up asks for them."""


async def test_a_worker_that_starts_while_everything_is_away(site: Site) -> None:
    """It says what it waits for, serves once that is back, retries the rest, and ends what was begun."""
    async with AsyncExitStack() as all_outages:
        outages = {
            strike: await all_outages.enter_async_context(AsyncExitStack())
            for strike in (*NEEDED_TO_SERVE, *NEEDED_TO_GO_ON)
        }
        async with STEP["database"].held(site.stage):
            accepted = await site.stage.ask_signup()
            await site.until_retried(accepted, "database.ensure")
            await site.worker.kill()
            for strike, outage in outages.items():
                await outage.enter_async_context(strike.during(site))
        starting = asyncio.create_task(site.worker.start())
        for strike, words in NEEDED_TO_SERVE.items():
            await until_said(site, words)
            await outages[strike].aclose()
        await starting
        for strike in NEEDED_TO_GO_ON:
            await site.until_noticed(accepted, str(strike.noticed))
            await outages[strike].aclose()
    assert (await site.stage.finished(accepted))["status"] == "succeeded"
    assert await site.is_complete(accepted)


async def until_said(site: Site, words: str) -> None:
    """Returns when the words are in the worker's log."""

    async def said() -> bool:
        return words in site.worker.log

    await until(said, lambda: f"the worker does not say '{words}' but '{site.worker.log}'")
