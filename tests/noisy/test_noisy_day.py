"""A small noisy day; `make noisy` plays a large one."""

from bench.stage import running_stack
from tests.noisy.day import Day
from tests.noisy.judge import noise


async def test_a_crowd_converges() -> None:
    """All of a crowd end active and complete while calls are throttled and answers are lost."""
    with running_stack() as stack:
        day = Day(stack, seed=7, patience=120)
        noisy = await day.noisy(3)
        incomplete = await day.incomplete([signup.tenant_id for signup in noisy.crowd.ended])
        await day.close()
    assert noise(noisy) == []
    assert incomplete == []
