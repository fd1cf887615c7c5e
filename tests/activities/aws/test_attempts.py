"""An attempt stops making things long before Temporal gives it up."""

from collections.abc import Callable

import pytest

from activities.aws import attempts
from activities.aws.clients import CONNECT_SECONDS, READ_SECONDS
from domain.errors import Unavailable
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject
from workflows.policies import ATTEMPT

NEEDED = ("database-admin", "database-password", "database-parameters", "auth-role")


def test_the_last_call_ends_before_the_attempt_does() -> None:
    """The latest call and both of its timeouts fit into an attempt."""
    limit = ATTEMPT
    assert limit.total_seconds() > attempts.MAKING_SECONDS + CONNECT_SECONDS + READ_SECONDS


@pytest.mark.parametrize("step", ["recordings", *NEEDED, "database", "auth-identity", "dns"])
def test_an_attempt_whose_time_is_over_makes_nothing(
    begun: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """No kind of thing is made late, which is worth another try, and the next attempt makes it."""
    subject = begun()
    subject.build(*(needed for needed in NEEDED if needed != step))
    with monkeypatch.context() as late:
        late.setattr(attempts, "MAKING_SECONDS", -1.0)
        with pytest.raises(Unavailable, match="is left to another try"):
            subject.ensure(step)
    assert step not in {ref.step for ref in subject.verify().survivors}
    assert subject.ensure(step).ready


def test_a_repeated_late_attempt_changes_nothing(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adopting what is there also stops when the time is over; looking and removing do not."""
    subject.build(*NEEDED, "recordings", "auth-identity")
    monkeypatch.setattr(attempts, "MAKING_SECONDS", -1.0)
    subject.ensure("database-password")  # as it is, a secret is only looked at
    for step in ("database-parameters", "auth-role", "recordings", "auth-identity"):
        with pytest.raises(Unavailable):
            subject.ensure(step)
    for step in ("auth-identity", "recordings", *NEEDED):
        subject.remove(step)
    assert subject.verify().survivors == []


def test_the_time_counts_from_the_start_of_the_attempt(
    subject: Subject, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was made in time stays; the calls after it are left to the next attempt."""
    moments = iter([0.0, attempts.MAKING_SECONDS - 1, attempts.MAKING_SECONDS + 1])
    with monkeypatch.context() as slow:
        slow.setattr(attempts, "monotonic", lambda: next(moments))
        with pytest.raises(Unavailable):
            subject.ensure("recordings")
    assert faults.calls(subject.name("recordings")) == ["GetBucketTagging", "CreateBucket"]
    assert subject.ensure("recordings").ready
