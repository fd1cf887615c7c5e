"""What scripted activities answer in plays: a small tenant, whose every step goes well."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.blueprint import StepKind
from domain.messages import (
    AcceptResult,
    ClosingRun,
    DeliveryResult,
    Desired,
    DueRemovals,
    DueRotations,
    FinishResult,
    JudgeOutcome,
    LookResult,
    ObserveOutcome,
    OperationPlan,
    OperationRequest,
    OrphanPlace,
    PageResult,
    Place,
    PreviewInput,
    RecoveryPage,
    SkipOutcome,
    StepLook,
    StepOutcome,
    StepPlan,
    TenantContext,
    TenantsPage,
    UpkeepDone,
    VerifyOutcome,
    WatchResult,
)
from domain.messages.access import AccessPlan, SealedCredentials
from domain.phases import Mode, OperationKind, Phase
from domain.plans import Target
from domain.sizing import ComponentSize, Sizes
from domain.support import AccessMode
from tests.workflows.theatre import Answer

TENANT = "tabcdefghijk"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = [
    StepPlan(name="recordings", kind=StepKind.BUCKET, title="Recordings", skippable=True),
    StepPlan(name="role", kind=StepKind.ROLE, title="Role"),
    StepPlan(name="rules", kind=StepKind.KUBERNETES, title="Rules", sized=True),
    StepPlan(name="database", kind=StepKind.DATABASE, title="Database", needs=["recordings"], sized=True),
    StepPlan(
        name="app",
        kind=StepKind.KUBERNETES,
        title="App",
        needs=["database", "role", "rules"],
        sized=True,
        workload=True,
    ),
    StepPlan(name="dns", kind=StepKind.DNS, title="Names", needs=["app"]),
]
_BEFORE = {
    OperationKind.RESUME: Phase.SUSPENDED,
    OperationKind.RESTORE: Phase.CLOSED,
    OperationKind.REMOVE: Phase.CLOSED,
}


def desired(users: int, mode: Mode = Mode.RUNNING) -> Desired:
    size = ComponentSize(replicas=1, max_replicas=max(2, users // 10), cpu_millis=500, memory_mib=256)
    return Desired(target=Target(plan="team", users=users), sizes=Sizes(components={"app": size}), mode=mode)


def request(kind: OperationKind, operation_id: str = "op1", **more: Any) -> OperationRequest:
    return OperationRequest(
        operation_id=operation_id, kind=kind, tenant_id=TENANT, slug="acme", requested_by="a test", **more
    )


def plan(kind: OperationKind, grace_seconds: int = 0) -> OperationPlan:
    """What `records.begin` would have read for a tenant of 20 users."""
    stopped = kind in {OperationKind.SUSPEND, OperationKind.TEARDOWN}
    was_stopped = kind in _BEFORE
    first = kind is OperationKind.SIGNUP
    whole = {OperationKind.SIGNUP, OperationKind.REMOVE, OperationKind.REPAIR}
    names = {"rules", "app"} if kind not in whole else {step.name for step in STEPS}
    names = {"database", "app"} if kind is OperationKind.ROTATE else names
    return OperationPlan(
        tenant=TenantContext(
            id=TENANT,
            slug="acme",
            customer_id="c1",
            install="test",
            region="us-east-1",
            cell="use1",
            blueprint="teleport",
        ),
        phase_before=None if first else _BEFORE.get(kind, Phase.ACTIVE),
        before=None if first else desired(20, Mode.STOPPED if was_stopped else Mode.RUNNING),
        after=desired(120 if kind is OperationKind.SCALE else 20, Mode.STOPPED if stopped else Mode.RUNNING),
        steps=[
            step.model_copy(update={"needs": [need for need in step.needs if need in names]})
            for step in STEPS
            if step.name in names
        ],
        grace_seconds=grace_seconds,
    )


def preview() -> PreviewInput:
    """Of a scale to 200 users."""
    scale = plan(OperationKind.SCALE)
    return PreviewInput(tenant=scale.tenant, steps=scale.steps, desired=desired(200))


def begin(given: dict[str, Any]) -> OperationPlan:
    asked = OperationRequest.model_validate(given["request"])
    return plan(asked.kind, asked.grace_seconds or 0)


def _removal(_given: dict[str, Any]) -> OperationPlan:
    return plan(OperationKind.REMOVE)


ANSWERS: Mapping[str, Answer] = {
    "records.begin": begin,
    "records.begin_removal": _removal,
    "records.accept": lambda _: AcceptResult(after=desired(200)),
    "records.finish": lambda given: FinishResult(handed_to=given["superseded_by"]),
    "records.issue_certificate": lambda _: 6,
    "records.skip": lambda _: SkipOutcome(),
    **{f"{kind}.{verb}": lambda _: StepOutcome() for kind in StepKind for verb in ("await_ready", "remove")},
    **{f"{kind}.ensure": lambda _: StepOutcome() for kind in StepKind},
    "database.ensure": lambda _: StepOutcome(ready=False, waiting_for="the database"),
    "kubernetes.ensure": lambda given: StepOutcome(ready=given["step"] != "app", waiting_for="pods"),
    **{
        f"{name}.verify_gone": lambda _: VerifyOutcome(checked=3, survivors=[])
        for name in ("aws", "kubernetes")
    },
    **{f"{name}.observe": lambda _: ObserveOutcome(looked_at=1) for name in ("aws", "kubernetes")},
    **{f"{name}.preview": lambda given: StepLook(step=given["step"]) for name in ("aws", "kubernetes")},
    **{f"{name}.find_orphans": lambda _: 1 for name in ("aws", "kubernetes")},
    "aws.delete_orphan": lambda _: "it is gone",
    "drift.page": lambda _: TenantsPage(tenant_ids=[TENANT], next=None),
    "drift.judge": lambda _: JudgeOutcome(drifted=1, repairs=1),
    "drift.steps": lambda _: ["recordings", "app"],
    "drift.places": lambda _: [
        Place(provider="aws", name="us-east-1"),
        Place(provider="kubernetes", name="use1"),
    ],
    "orphans.accept": lambda _: OrphanPlace(id="o1", step_kind=StepKind.ROLE),
    "billing.begin": lambda _: ClosingRun(number=1, moment=LONG_AGO, cut_off=7),
    "billing.close_page": lambda _: PageResult(),
    "billing.number_page": lambda _: 0,
    "billing.end": lambda _: None,
    "billing.deliver_page": lambda _: DeliveryResult(),
    "removals.start_due": lambda _: DueRemovals(started=[], more=False),
    "rotations.start_due": lambda _: DueRotations(started=[]),
    **{f"password.{verb}": lambda _: StepOutcome() for verb in ("prepare", "move", "withdraw", "lock")},
    "access.open": lambda _: AccessPlan(
        grant_id=f"ag{'0' * 18}", tenant=plan(OperationKind.REPAIR).tenant, mode=AccessMode.READ, slot=1
    ),
    "aws.issue_access": lambda _: SealedCredentials(sealed="", expires_at=LONG_AGO),
    "kubernetes.issue_access": lambda _: SealedCredentials(sealed="", expires_at=LONG_AGO),
    "recovery.look": lambda _: LookResult(lost=None),
    "usage.keep": lambda _: UpkeepDone(),
    "webhooks.watch": lambda _: WatchResult(),
    "recovery.start_lost": lambda _: RecoveryPage(looked_at=0, started=[], next=None),
}
