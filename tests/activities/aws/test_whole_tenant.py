"""All AWS steps of the default blueprint together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.blueprint import StepKind
from domain.errors import TemporaryError
from domain.messages import StepOutcome
from tests.activities.aws.subject import Subject


def aws_steps(subject: Subject) -> list[str]:
    return [step.name for step in subject.plan.steps if step.kind is not StepKind.KUBERNETES]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-west-2"])
def test_a_tenant_is_built_removed_and_proven_gone(begun: Callable[..., Subject], region: str) -> None:
    """In every region every step ends ready, everything is removed, and each row carries its proof."""
    subject = begun(region=region)
    steps = aws_steps(subject)
    assert all(subject.ensure(step).ready for step in steps)
    made = [row for step in steps for row in subject.rows(step)]
    assert {row.state for row in made} == {"made"}
    assert all(row.provider_id for row in made)
    assert len(subject.verify().survivors) == len(made)
    for step in reversed(steps):
        subject.remove(step)
    found = subject.verify()
    assert (found.checked, found.survivors) == (len(made), [])
    assert {row.state for step in steps for row in subject.rows(step)} == {"gone"}
    assert subject.verify() == found


def test_undoing_a_tenant_of_which_nothing_was_made_is_success(subject: Subject) -> None:
    """Every removal finds nothing, and verification proves it."""
    for step in reversed(aws_steps(subject)):
        assert subject.remove(step) == StepOutcome()
    assert subject.verify().survivors == []


@pytest.mark.parametrize(
    "step",
    [
        "recordings",
        "database-admin",
        "database-password",
        "usage-token",
        "database-parameters",
        "database",
        "auth-role",
        "auth-identity",
        "dns",
    ],
)
def test_attempts_that_overlap_make_one_thing(begun: Callable[..., Subject], step: str) -> None:
    """Attempts at once see it ready, on its way or ask for another try; what they make is one thing."""
    subject = begun()
    for needed in ("database-admin", "database-password", "database-parameters", "auth-role"):
        if needed != step:
            subject.ensure(needed)

    def attempt(_: int) -> StepOutcome | None:
        try:
            return subject.ensure(step)
        except TemporaryError:
            return None

    with ThreadPoolExecutor(4) as pool:
        outcomes = [outcome for outcome in pool.map(attempt, range(4)) if outcome and outcome.ready]
    settled = subject.ensure(step)
    assert settled.ready
    assert all(outcome == settled for outcome in outcomes)
    subject.remove(step)
    assert step not in {ref.step for ref in subject.verify().survivors}
