"""Where a tenant is in its life, and which operation may start from where."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    SCALING = "scaling"
    SUSPENDING = "suspending"
    SUSPENDED = "suspended"
    RESUMING = "resuming"
    CLOSING = "closing"
    """Teardown was accepted: billing has ended and the workload is being stopped."""
    CLOSED = "closed"
    """In its grace: stopped, data kept, restorable until `remove_after`."""
    RESTORING = "restoring"
    REMOVING = "removing"
    DELETED = "deleted"
    """Everything was proven gone; a certificate exists."""
    FAILED = "failed"
    """Sign-up could not finish and left nothing."""
    CANCELLED = "cancelled"
    """Sign-up was cancelled and left nothing."""


GONE: frozenset[Phase] = frozenset({Phase.DELETED, Phase.FAILED, Phase.CANCELLED})
"""Phases in which nothing of the tenant exists and its slug is free again."""


class OperationKind(StrEnum):
    SIGNUP = "signup"
    SCALE = "scale"
    SUSPEND = "suspend"
    RESUME = "resume"
    TEARDOWN = "teardown"
    RESTORE = "restore"
    REMOVE = "remove"
    REPAIR = "repair"
    """Brings back what somebody else changed or deleted; the tenant stays in its phase."""
    ROTATE = "rotate"
    """Gives the tenant's database a new password; the tenant stays in its phase."""


class OperationStatus(StrEnum):
    WAITING = "waiting"
    """Accepted as a take-over: it runs as soon as the open run has undone its own work."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """A newer operation took its place: a newer target, or a take-over."""


FINISHED: frozenset[OperationStatus] = frozenset(
    {
        OperationStatus.SUCCEEDED,
        OperationStatus.FAILED,
        OperationStatus.CANCELLED,
        OperationStatus.SUPERSEDED,
    }
)


class Mode(StrEnum):
    """Whether the workload runs. Stopped means no pods and no autoscaler; data and database stay."""

    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Transition:
    """What one kind of operation does to the phase."""

    workflow: str
    starts_from: frozenset[Phase]
    during: Phase | None
    """None: the tenant stays where it is."""
    ends_in: Phase | None

    def phase_during(self, before: Phase) -> Phase:
        return self.during or before


TRANSITIONS: dict[OperationKind, Transition] = {
    OperationKind.SIGNUP: Transition("SignupTenant", frozenset(), Phase.PROVISIONING, Phase.ACTIVE),
    OperationKind.SCALE: Transition("ScaleTenant", frozenset({Phase.ACTIVE}), Phase.SCALING, Phase.ACTIVE),
    OperationKind.SUSPEND: Transition(
        "SuspendTenant", frozenset({Phase.ACTIVE}), Phase.SUSPENDING, Phase.SUSPENDED
    ),
    OperationKind.RESUME: Transition(
        "ResumeTenant", frozenset({Phase.SUSPENDED}), Phase.RESUMING, Phase.ACTIVE
    ),
    OperationKind.TEARDOWN: Transition(
        # CLOSED: only with a grace that ends before the one it is in (domain/grace.py).
        "TeardownTenant",
        frozenset({Phase.ACTIVE, Phase.SUSPENDED, Phase.CLOSED}),
        Phase.CLOSING,
        Phase.CLOSED,
    ),
    OperationKind.RESTORE: Transition(
        "RestoreTenant", frozenset({Phase.CLOSED}), Phase.RESTORING, Phase.ACTIVE
    ),
    OperationKind.REMOVE: Transition(
        "RemoveTenant", frozenset({Phase.CLOSED}), Phase.REMOVING, Phase.DELETED
    ),
    OperationKind.REPAIR: Transition("RepairTenant", frozenset({Phase.ACTIVE, Phase.SUSPENDED}), None, None),
    OperationKind.ROTATE: Transition(
        "RotateDatabasePassword", frozenset({Phase.ACTIVE, Phase.SUSPENDED}), None, None
    ),
}

OPEN_PHASES: frozenset[Phase] = frozenset(t.during for t in TRANSITIONS.values() if t.during) | {
    Phase.REMOVING
}
"""Phases that last as long as a run that changes the tenant."""


def may_take_over(open_kind: OperationKind, successor: OperationKind) -> bool:
    """Whether `successor` may end an open run of `open_kind` early.

    Leaving always works: a teardown takes over everything that builds or changes, a suspend everything but
    leaving. What is already leaving is not taken over.
    """
    leaving = {OperationKind.TEARDOWN, OperationKind.REMOVE}
    if open_kind in leaving or open_kind == successor:
        return False
    return successor in {OperationKind.TEARDOWN, OperationKind.SUSPEND}
