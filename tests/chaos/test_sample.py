"""The part of the fault matrix that is played with all other tests."""

import pytest

from tests.chaos.conftest import Grounds
from tests.chaos.display import command
from tests.chaos.faults import FAULTS
from tests.chaos.lives import LIVES
from tests.chaos.matrix import CASE, sample

SAMPLE = sample()


@pytest.mark.parametrize("case", SAMPLE)
async def test_it_ends_as_it_may(grounds: Grounds, case: str) -> None:
    """Whatever strikes, the operation converges: true phase, no orphan, nothing twice, no secret told."""
    result = await grounds.play(case)
    assert result.well, "\n".join([*result.problems, command(case)])


def test_the_sample_is_of_everything() -> None:
    """Every workflow type and every fault is in the sample."""
    cases = [CASE[name] for name in SAMPLE]
    assert {case.life.name for case in cases} == {life.name for life in LIVES}
    assert {case.fault.name for case in cases} == {fault.name for fault in FAULTS}
