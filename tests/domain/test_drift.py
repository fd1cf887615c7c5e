"""What a tenant's conditions say of its drift, and what may be repaired without asking."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from domain.drift import Action, Policy, drift_conditions, steps_to_repair
from domain.messages import Difference, DriftKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Look:
    observed_at: datetime | None = NOON
    since: datetime | None = NOON - HOUR
    differences: list[Difference] = field(default_factory=list)
    error: str | None = None
    deferred_at: datetime | None = None


def difference(
    kind: str = "iam:role", what: DriftKind = DriftKind.DRIFTED, step: str = "role", **more: object
) -> Difference:
    values = {"field": "trust policy", "wanted": "a", "found": "b", "since": NOON} | more
    return Difference.model_validate({"what": what, "step": step, "kind": kind, "name": "x", **values})


def test_nothing_is_said_before_everything_was_looked_at() -> None:
    """A tenant of which only one provider was looked at may have drifted at the other."""
    assert drift_conditions([]) == []
    assert drift_conditions([Look(), Look(observed_at=None, since=None)]) == []


def test_in_sync_since_the_last_thing_was_mended() -> None:
    """In sync is a tenant since the later of its two halves is."""
    (in_sync,) = drift_conditions([Look(since=NOON - 2 * HOUR), Look(since=NOON - HOUR)])
    assert (in_sync.type, in_sync.status, in_sync.since) == ("InSync", True, NOON - HOUR)


def test_out_of_sync_since_the_first_difference() -> None:
    """Drifted and Missing name what differs, each since it was first seen."""
    looks = [
        Look(differences=[difference(since=NOON - 2 * HOUR)], since=NOON - 2 * HOUR),
        Look(differences=[difference("v1/ConfigMap", DriftKind.MISSING, found="")]),
    ]
    in_sync, drifted, missing = drift_conditions(looks)
    assert (in_sync.status, in_sync.since) == (False, NOON - 2 * HOUR)
    assert (drifted.type, drifted.since) == ("Drifted", NOON - 2 * HOUR)
    assert drifted.message == "iam:role x: trust policy is b instead of a"
    assert (missing.type, missing.message) == ("Missing", "v1/ConfigMap x is missing")


def test_many_differences_make_a_short_message() -> None:
    """A tenant that lost everything is not told about in megabytes."""
    drifted = drift_conditions([Look(differences=[difference(field=f"f{n}") for n in range(40)])])[1]
    assert drifted.message.endswith("and 35 more")


def test_an_old_picture_says_that_it_is_old() -> None:
    """When it was looked at, why not since then, and that it was left to an operation."""
    message = drift_conditions([Look(error="AccessDenied: no", deferred_at=NOON)])[0].message
    assert message.startswith("as wanted; looked at 2026-03-01 12:00:00 UTC")
    assert "could not be looked at: AccessDenied: no" in message
    assert "an operation holds the tenant" in message


@pytest.mark.parametrize(
    ("actions", "found", "repaired"),
    [
        ({"*": "report"}, difference(), False),
        ({"*": "repair"}, difference(), True),
        ({"*": "repair", "iam:role": "report"}, difference(), False),
        ({"iam:role": "repair"}, difference(), True),
        ({"s3:bucket": "repair"}, difference(), False),
        ({"*": "repair"}, difference("rds:db-instance"), True),
        ({"*": "repair"}, difference("rds:db-instance", DriftKind.MISSING), False),
        ({"rds:db-instance": "repair"}, difference("rds:db-instance"), True),
        ({"rds:db-instance": "repair"}, difference("rds:db-instance", DriftKind.MISSING), False),
        ({"*": "repair"}, difference("secretsmanager:secret", DriftKind.MISSING), False),
        ({"*": "repair"}, difference("secretsmanager:secret", DriftKind.MISSING, replaceable=True), True),
        ({"*": "report"}, difference("secretsmanager:secret", DriftKind.MISSING, replaceable=True), False),
        ({"*": "repair"}, difference("iam:role", DriftKind.MISSING), True),
        ({"iam:role": "repair"}, difference(what=DriftKind.LOST), False),
        ({"*": "repair"}, difference(persists=True), False),
    ],
)
def test_the_policy_decides_by_kind(actions: dict[str, Action], found: Difference, *, repaired: bool) -> None:
    """A named kind beats `*`; none brings back what held data; what a repair left is not retried."""
    assert Policy(actions).repairs(found) is repaired
    assert (steps_to_repair([found], Policy(actions)) == ["role"]) is repaired


def test_a_step_is_left_when_part_of_it_must_be() -> None:
    """A repair brings back a whole step, so one thing that is only reported leaves all of it."""
    differences = [
        difference("v1/ConfigMap", step="app"),
        difference("apps/v1/Deployment", step="app"),
        difference("v1/ConfigMap", step="config"),
    ]
    policy = Policy({"*": "repair", "apps/v1/Deployment": "report"})
    assert steps_to_repair(differences, policy) == ["config"]
    assert steps_to_repair(differences, None) == ["app", "config"]
    assert steps_to_repair([difference(what=DriftKind.LOST)], None) == []
