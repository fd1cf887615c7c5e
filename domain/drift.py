"""Rules about drift: what a tenant's conditions say, and what may be repaired without asking."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from domain.messages.drift import Difference, DriftKind
from domain.messages.progress import Condition
from domain.phases import Phase

Action = Literal["repair", "report"]
EVERYTHING_ELSE = "*"
NAMED_AT_MOST = 5

OBSERVED: frozenset[Phase] = frozenset({Phase.ACTIVE, Phase.SUSPENDED, Phase.CLOSED})
"""Phases in which a tenant has a last good state that is to be found as it was left."""

CHANGING: frozenset[Phase] = frozenset(
    {Phase.SCALING, Phase.SUSPENDING, Phase.RESUMING, Phase.CLOSING, Phase.RESTORING}
)
"""Phases that lead from one of those to one of those: such a tenant is left for the next scan."""

HOLDS_DATA = frozenset({"s3:bucket", "secretsmanager:secret", "rds:db-instance"})
"""Kinds of which no policy brings back a missing one: what it held is a person's to bring back or give up."""


class Looked(Protocol):
    """What one provider's last look at a tenant brought."""

    observed_at: datetime | None
    since: datetime | None
    differences: list[Difference]
    error: str | None
    deferred_at: datetime | None


class Policy:
    """What happens to each kind of thing when it has drifted."""

    def __init__(self, actions: Mapping[str, Action]) -> None:
        self._actions = actions

    def repairs(self, difference: Difference) -> bool:
        """Whether this may be repaired without a person asking for it."""
        if difference.what is DriftKind.LOST or difference.persists:
            return False
        held_data = difference.kind in HOLDS_DATA and not difference.replaceable
        if difference.what is DriftKind.MISSING and held_data:
            return False
        return self._actions.get(difference.kind, self._actions.get(EVERYTHING_ELSE, "report")) == "repair"


def steps_to_repair(differences: Sequence[Difference], policy: Policy | None) -> list[str]:
    """Steps whose ensure brings back what differs; a repair that a person asked for has no policy.

    Ensuring a step brings back all of it. So a step is left out if anything in it must not be repaired.
    """
    steps = dict.fromkeys(difference.step for difference in differences)
    return [
        step
        for step in steps
        if all(
            policy.repairs(difference) if policy else difference.what is not DriftKind.LOST
            for difference in differences
            if difference.step == step
        )
    ]


def drift_conditions(looks: Sequence[Looked]) -> list[Condition]:
    """InSync, Drifted and Missing; none before the first whole look."""
    seen = [look.observed_at for look in looks if look.observed_at]
    if not looks or len(seen) < len(looks):
        return []
    differences = [difference for look in looks for difference in look.differences]
    drifted = [difference for difference in differences if difference.what is DriftKind.DRIFTED]
    missing = [difference for difference in differences if difference.what is not DriftKind.DRIFTED]
    changed = [look.since for look in looks if look.since and bool(look.differences) == bool(differences)]
    since = (min if differences else max)(changed or seen)
    in_sync = Condition(
        type="InSync",
        status=not differences,
        reason="Differs" if differences else "AsWanted",
        message="; ".join(
            [
                "not as wanted" if differences else "as wanted",
                f"looked at {min(seen):%Y-%m-%d %H:%M:%S} UTC",
                *_remarks(looks),
            ]
        ),
        since=since,
    )
    return [
        in_sync,
        *_condition("Drifted", "FieldsDiffer", drifted, since),
        *_condition("Missing", "ThingsMissing", missing, since),
    ]


def _condition(name: str, reason: str, differences: Sequence[Difference], since: datetime) -> list[Condition]:
    if not differences:
        return []
    first = min((difference.since for difference in differences if difference.since), default=since)
    return [Condition(type=name, status=True, reason=reason, message=_listed(differences), since=first)]


def _listed(differences: Sequence[Difference]) -> str:
    named = "; ".join(map(str, differences[:NAMED_AT_MOST]))
    more = len(differences) - NAMED_AT_MOST
    return f"{named}; and {more} more" if more > 0 else named


def _remarks(looks: Iterable[Looked]) -> list[str]:
    """What keeps the picture from being the newest."""
    failures = [look.error for look in looks if look.error]
    remarks = dict.fromkeys(f"since then it could not be looked at: {error}" for error in failures)
    if any(look.deferred_at for look in looks):
        remarks["deferred, because an operation holds the tenant"] = None
    return list(remarks)
