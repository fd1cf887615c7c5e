"""What a tenant's users would notice of a change, read from what it changes."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from domain.messages import Desired
from domain.phases import Mode
from domain.plans import Model
from domain.previewing.objects import Effect, ObjectChange

WORKLOADS = frozenset({"apps/v1/Deployment", "apps/v1/StatefulSet"})
AUTOSCALER = "autoscaling/v2/HorizontalPodAutoscaler"
DATABASE = "rds:db-instance"
POD_TEMPLATE = "spec.template."
NO_REPLICAS = "0"


class Severity(StrEnum):
    """In ascending order."""

    NONE = "none"
    BRIEF = "brief"
    """Connections to a pod that is replaced break; others take over at once."""
    INTERRUPTED = "interrupted"
    """A part of the tenant is away for a while."""
    STOPPED = "stopped"
    """It does not work until another change brings it back."""
    GONE = "gone"


class Interruption(Model):
    """One object whose change is noticed."""

    severity: Severity
    step: str
    kind: str
    name: str
    why: str


class Disruption(Model):
    severity: Severity
    """The worst of all."""
    interruptions: list[Interruption]


def disruption(changes: Sequence[ObjectChange], before: Desired | None, *, removes: bool) -> Disruption:
    """`before` is the state that the change meets; `removes`: nothing is left by it.

    What does not run cannot be interrupted.
    """
    runs = before is not None and before.mode is Mode.RUNNING
    found = list(_interruptions(changes, before)) if before and runs else []
    order = list(Severity)
    least = Severity.GONE if removes else Severity.NONE
    worst = max([least, *(one.severity for one in found)], key=order.index)
    return Disruption(severity=worst, interruptions=found)


def _interruptions(changes: Sequence[ObjectChange], before: Desired) -> Iterator[Interruption]:
    for change in changes:
        noticed = None
        if change.kind in WORKLOADS:
            noticed = _of_workload(change, before)
        elif change.kind == AUTOSCALER:
            noticed = _fewer_pods(change, "spec.minReplicas", "at least ")
        elif change.kind == DATABASE:
            noticed = _of_database(change)
        if noticed:
            severity, why = noticed
            yield Interruption(
                severity=severity, step=change.step, kind=change.kind, name=change.name, why=why
            )


def _of_workload(change: ObjectChange, before: Desired) -> tuple[Severity, str] | None:
    if change.effect is Effect.REMOVED:
        return Severity.GONE, "it is deleted with its pods"
    replicas = change.field("spec.replicas")
    if replicas and replicas.then == NO_REPLICAS:
        return Severity.STOPPED, "its pods end, and none comes in their place"
    if change.changes_below(POD_TEMPLATE):
        size = before.sizes.components.get(change.name)
        if size and size.replicas == 1:
            return Severity.INTERRUPTED, "its only pod is replaced"
        return Severity.BRIEF, "its pods are replaced one after the other"
    return _fewer_pods(change, "spec.replicas")


def _of_database(change: ObjectChange) -> tuple[Severity, str] | None:
    if change.effect is Effect.REMOVED:
        return Severity.GONE, "it is deleted with its automated backups"
    moved = change.field("DBInstanceClass")
    if moved:
        return Severity.INTERRUPTED, f"RDS moves it from {moved.now} to {moved.then}: minutes without it"
    return None


def _fewer_pods(change: ObjectChange, field: str, said: str = "") -> tuple[Severity, str] | None:
    pods = change.field(field)
    if pods is None or not (pods.now.isdigit() and pods.then.isdigit()) or int(pods.then) >= int(pods.now):
        return None
    return Severity.BRIEF, f"{said}{pods.then} pods instead of {pods.now}"
