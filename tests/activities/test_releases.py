"""A run follows new versions while it waits for a person, whom this never holds up for long."""

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment

from activities.releases import PATIENCE, Releases
from runtime.settings import Settings
from runtime.temporal import connect


async def test_what_fails_for_long_is_given_up(settings: Settings) -> None:
    """Temporal's refusal is met by trying again for a minute; then the run keeps its version and goes on."""
    releases = Releases(await connect(settings), versioned=True)
    with pytest.raises(RPCError):
        await tried_for(PATIENCE - timedelta(seconds=1)).run(releases.follow, True)
    await tried_for(PATIENCE).run(releases.follow, True)


def tried_for(time: timedelta) -> ActivityEnvironment:
    """As an activity whose first attempt is so long ago; no run of its name is there."""
    environment = ActivityEnvironment()
    info = environment.info
    environment.info = replace(info, scheduled_time=info.current_attempt_scheduled_time - time)
    return environment
