"""A small noisy day; `make noisy` plays a large one."""

from bench.stage import running_stack
from tests.noisy.day import Day
from tests.noisy.judge import noise, wind


async def test_a_crowd_converges_and_a_throttled_api_is_called_less() -> None:
    """All of a crowd end active and complete, and calls to a service that refuses everything fall."""
    with running_stack() as stack:
        day = Day(stack, seed=7, patience=120)
        noisy = await day.noisy(6)
        storm = await day.storm(4, windows=6, seconds=1.5)
        incomplete = await day.incomplete([signup.tenant_id for signup in noisy.crowd.ended])
        await day.close()
    assert noise(noisy) == []
    assert wind(storm) == []
    assert incomplete == []
