"""One play for each ending of each workflow type. A new type or ending needs one here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from domain.blueprint import StepKind
from domain.messages import (
    AcceptResult,
    CancelRequest,
    Desired,
    DriftInput,
    DueRemovals,
    ErrorView,
    FinishResult,
    JudgeOutcome,
    LookResult,
    LostOperation,
    ObserveOutcome,
    OperationPlan,
    OperationRequest,
    OrphanPlace,
    OrphanRequest,
    Place,
    Recovered,
    RecoverInput,
    RecoveryPage,
    ResumeRequest,
    RetryRequest,
    RunInput,
    SkipOutcome,
    SkipRequest,
    StepOutcome,
    StepPlan,
    Survivor,
    TenantContext,
    TenantsPage,
    Undoing,
    VerifyOutcome,
)
from domain.phases import TRANSITIONS, Mode, OperationKind, Phase
from domain.plans import Target
from domain.sizing import ComponentSize, Sizes
from tests.workflows.theatre import Answer, Ask, Play

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


def _begin(given: dict[str, Any]) -> OperationPlan:
    asked = OperationRequest.model_validate(given["request"])
    return plan(asked.kind, asked.grace_seconds or 0)


def _removal(_given: dict[str, Any]) -> OperationPlan:
    return plan(OperationKind.REMOVE)


ANSWERS: Mapping[str, Answer] = {
    "records.begin": _begin,
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
    "removals.start_due": lambda _: DueRemovals(started=[], more=False),
    "recovery.look": lambda _: LookResult(lost=None),
    "recovery.start_lost": lambda _: RecoveryPage(looked_at=0, started=[], next=None),
}
RETRY = Ask("retry", RetryRequest(requested_by="an engineer", reason="mended"))
SKIP = Ask("skip", SkipRequest(requested_by="an engineer", reason="ours no more", step="recordings"))
RESUME = Ask("resume_from_pause", ResumeRequest(requested_by="an engineer"))
CANCEL = Ask("cancel_operation", CancelRequest(requested_by="a customer", operation_id="op1"))
LEAVE = Ask("take_over", request(OperationKind.TEARDOWN, "op2"))
SUSPEND = Ask("take_over", request(OperationKind.SUSPEND, "op2"))


def of_tenant(
    kind: OperationKind, ending: str, *, asked: Mapping[str, Any] | None = None, **more: Any
) -> Play:
    """A lifecycle run that is asked for by its accept update, as the API does."""
    return Play(
        name=f"{kind}-{ending}",
        workflow=TRANSITIONS[kind].workflow,
        argument=RunInput(tenant_id=TENANT, slug="acme"),
        begin=Ask(f"accept_{kind}", request(kind, **(asked or {}))),
        **more,
    )


def handed(kind: OperationKind, ending: str, recovered: Recovered | None = None, **more: Any) -> Play:
    """A lifecycle run that is started with its request."""
    given = RunInput(tenant_id=TENANT, slug="acme", handed_over=request(kind), recovered=recovered)
    return Play(name=f"{kind}-{ending}", workflow=TRANSITIONS[kind].workflow, argument=given, **more)


def other(name: str, workflow: str, argument: BaseModel | None = None, **more: Any) -> Play:
    return Play(name=name, workflow=workflow, argument=argument, **more)


def _changes() -> list[Play]:
    """What every change of a tenant that exists can come to."""
    return [
        play
        for kind in (
            OperationKind.SCALE,
            OperationKind.SUSPEND,
            OperationKind.RESUME,
            OperationKind.RESTORE,
        )
        for play in (
            of_tenant(kind, "done"),
            of_tenant(kind, "failed", fails=frozenset({"kubernetes.ensure app"})),
            of_tenant(kind, "cancelled", asks={"kubernetes.ensure app": CANCEL}),
            of_tenant(kind, "taken-over", asks={"kubernetes.ensure app": LEAVE}),
            of_tenant(
                kind,
                "attention",
                asks={"kubernetes.await_ready app": CANCEL},
                fails=frozenset({"records.finish"}),
                when_stuck=[RETRY],
            ),
        )
    ]


def _once(first: object, then: object) -> Answer:
    answers = iter([first])
    return lambda _given: next(answers, then)


def plays() -> list[Play]:
    """Fresh each time: some answers are used up."""
    survivor = Survivor(step="role", step_kind=StepKind.ROLE, kind="iam:role", name="r")
    undone = Recovered(
        calls_ended_by=LONG_AGO,
        phase=Phase.PROVISIONING,
        undoing=Undoing(error=ErrorView(code="AccessDenied", message="no", step="app")),
    )
    signup, teardown, remove = OperationKind.SIGNUP, OperationKind.TEARDOWN, OperationKind.REMOVE
    repair = OperationKind.REPAIR
    stuck = frozenset({"bucket.remove recordings"})
    return [
        of_tenant(signup, "done"),
        of_tenant(signup, "failed", fails=frozenset({"kubernetes.ensure app"})),
        of_tenant(signup, "refused", fails=frozenset({"records.begin"})),
        of_tenant(signup, "cancelled", asks={"database.await_ready database": CANCEL}),
        of_tenant(signup, "taken-over", asks={"database.await_ready database": LEAVE}),
        of_tenant(
            signup,
            "suspended",
            asks={"kubernetes.ensure app": SUSPEND},
            answers={"records.finish": lambda _: FinishResult(handed_to="op2")},
        ),
        of_tenant(signup, "attention", fails=stuck | {"dns.ensure dns"}, when_stuck=[RETRY]),
        of_tenant(signup, "paused", asked={"pause_before": ["app"]}, when_stuck=[RESUME]),
        handed(signup, "recovered", Recovered(calls_ended_by=LONG_AGO, phase=Phase.PROVISIONING)),
        handed(signup, "recovered-undoing", undone),
        *_changes(),
        of_tenant(
            OperationKind.SCALE,
            "retargeted",
            asks={"kubernetes.ensure app": Ask("accept_scale", request(OperationKind.SCALE, "op2"))},
        ),
        of_tenant(teardown, "closed", asked={"grace_seconds": 3600}),
        of_tenant(teardown, "deleted", asked={"grace_seconds": 0}),
        of_tenant(teardown, "attention", asked={"grace_seconds": 0}, fails=stuck, when_stuck=[RETRY]),
        of_tenant(teardown, "skipped", asked={"grace_seconds": 0}, fails=stuck, when_stuck=[SKIP]),
        handed(remove, "done"),
        handed(remove, "attention", fails=stuck, when_stuck=[RETRY]),
        handed(
            remove,
            "survivors",
            answers={
                "aws.verify_gone": _once(
                    VerifyOutcome(checked=3, survivors=[survivor]), VerifyOutcome(checked=3, survivors=[])
                )
            },
            when_stuck=[RETRY],
        ),
        of_tenant(repair, "done"),
        of_tenant(repair, "failed", fails=frozenset({"bucket.ensure recordings"})),
        of_tenant(repair, "cancelled", asks={"bucket.ensure recordings": CANCEL}),
        of_tenant(repair, "taken-over", asks={"bucket.ensure recordings": LEAVE}),
        of_tenant(repair, "attention", fails=frozenset({"records.finish"}), when_stuck=[RETRY]),
        other("due-removals", "StartDueRemovals"),
        other(
            "recovery-not-needed",
            "RecoverTenant",
            RecoverInput(tenant_id=TENANT, slug="acme", run_closed_at=LONG_AGO, settling_seconds=60),
        ),
        other(
            "recovery-carried-on",
            "RecoverTenant",
            RecoverInput(tenant_id=TENANT, slug="acme", run_closed_at=LONG_AGO, settling_seconds=60),
            answers={
                "recovery.look": lambda _: LookResult(
                    lost=LostOperation(request=request(signup), recovered=undone)
                )
            },
        ),
        other("lost-runs", "RecoverLost"),
        other("drift-checked", "CheckDrift", DriftInput()),
        other(
            "drift-continued",
            "CheckDrift",
            DriftInput(pages_per_run=1),
            answers={"drift.page": lambda _: TenantsPage(tenant_ids=[TENANT], next=TENANT)},
        ),
        other(
            "orphan-deleted",
            "DeleteOrphan",
            OrphanRequest(orphan_id="o1", requested_by="an engineer", reason="left behind"),
        ),
        other(
            "orphan-refused",
            "DeleteOrphan",
            OrphanRequest(orphan_id="o1", requested_by="an engineer", reason="left behind"),
            fails=frozenset({"aws.delete_orphan"}),
        ),
    ]
