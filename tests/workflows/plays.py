"""One play for each ending of each workflow type. A new type or ending needs one here."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from domain.blueprint import StepKind
from domain.messages import (
    AbortRequest,
    Amendment,
    AmendRequest,
    CancelRequest,
    CloseInput,
    DeliverWebhooksInput,
    DeliveryResult,
    DriftInput,
    ErrorView,
    FinishResult,
    LookResult,
    LostOperation,
    OperationPlan,
    OrphanRequest,
    PageResult,
    Recovered,
    RecoverInput,
    ResumeRequest,
    RetryRequest,
    RunInput,
    SkipRequest,
    Survivor,
    TenantsPage,
    Undoing,
    VerifyOutcome,
)
from domain.messages.access import AccessDecision, AccessRequest, CredentialsRequest
from domain.phases import TRANSITIONS, OperationKind, Phase
from domain.support import AccessMode
from tests.workflows.answers import LONG_AGO, TENANT, begin, desired, preview, request
from tests.workflows.theatre import Answer, Ask, Play

DENIED = ErrorView(code="AccessDenied", message="no", step="app")
RETRY = Ask("retry", RetryRequest(requested_by="an engineer", reason="mended"))
SKIP = Ask("skip", SkipRequest(requested_by="an engineer", reason="ours no more", step="recordings"))
ABORT = Ask("abort", AbortRequest(requested_by="an engineer", reason="the customer stays"))
AMEND = Ask(
    "amend",
    AmendRequest(
        requested_by="an engineer",
        reason="there is an export",
        step="database",
        input=Amendment(final_snapshot=False),
    ),
)
RESUME = Ask("resume_from_pause", ResumeRequest(requested_by="an engineer"))
CANCEL = Ask("cancel_operation", CancelRequest(requested_by="a customer", operation_id="op1"))
LEAVE = Ask("take_over", request(OperationKind.TEARDOWN, "op2"))
SUSPEND = Ask("take_over", request(OperationKind.SUSPEND, "op2"))

APPROVE = Ask("approve", AccessDecision(by="an operator"))
REVOKE = Ask("revoke", AccessDecision(by="a customer"))
ISSUE = Ask("issue", CredentialsRequest(by="somebody", public_key=""))
ISSUE_SESSION = Ask("issue_session", CredentialsRequest(by="somebody", public_key=""))
ACCESS = AccessRequest(
    grant_id="ag000000000000000000",
    tenant_id=TENANT,
    requested_by="somebody",
    reason="a ticket",
    seconds=3600,
    mode=AccessMode.READ,
    approval="second_person",
    approval_seconds=3600,
)


def _with_snapshot(given: dict[str, Any]) -> OperationPlan:
    """Of a customer whose plan keeps a last snapshot of the database."""
    return begin(given).model_copy(update={"final_snapshot": True})


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
            handed(kind, "recovered", _left(kind)),
            handed(kind, "recovered-undoing", _left(kind, undoing=True)),
        )
    ]


def _rotations() -> list[Play]:
    """Undone until the secret moves; then only forward, to the end or to who takes over."""
    rotate = OperationKind.ROTATE
    return [
        of_tenant(rotate, "done"),
        of_tenant(rotate, "failed", fails=frozenset({"password.prepare database"})),
        of_tenant(rotate, "cancelled", asks={"password.prepare database": CANCEL}),
        of_tenant(rotate, "taken-over", asks={"password.lock database": LEAVE}),
        of_tenant(rotate, "attention", fails=frozenset({"password.lock database"}), when_stuck=[RETRY]),
        handed(rotate, "recovered", _left(rotate)),
        handed(rotate, "recovered-undoing", _left(rotate, undoing=True)),
    ]


def _left(kind: OperationKind, *, undoing: bool = False) -> Recovered:
    """What a lost run of a change has left."""
    return Recovered(
        calls_ended_by=LONG_AGO,
        phase=TRANSITIONS[kind].during or Phase.ACTIVE,
        undoing=Undoing(error=DENIED) if undoing else None,
        targets=[desired(200)] if kind is OperationKind.SCALE else [],
    )


def _once(first: object, then: object) -> Answer:
    answers = iter([first])
    return lambda _given: next(answers, then)


def plays() -> list[Play]:
    """Fresh each time: some answers are used up."""
    survivor = Survivor(step="role", step_kind=StepKind.ROLE, kind="iam:role", name="r")
    undone = Recovered(
        calls_ended_by=LONG_AGO,
        phase=Phase.PROVISIONING,
        undoing=Undoing(error=DENIED),
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
        of_tenant(
            teardown,
            "aborted",
            asked={"grace_seconds": 3600},
            fails=frozenset({"kubernetes.ensure app"}),
            when_stuck=[ABORT],
        ),
        of_tenant(
            teardown,
            "amended",
            asked={"grace_seconds": 0},
            answers={"records.begin": _with_snapshot},
            fails=frozenset({"database.remove database"}),
            when_stuck=[AMEND],
        ),
        handed(teardown, "recovered", Recovered(calls_ended_by=LONG_AGO, phase=Phase.CLOSING)),
        handed(remove, "done"),
        handed(remove, "attention", fails=stuck, when_stuck=[RETRY]),
        handed(remove, "recovered", Recovered(calls_ended_by=LONG_AGO, phase=Phase.REMOVING)),
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
        handed(repair, "recovered", _left(repair)),
        *_rotations(),
        other("due-removals", "StartDueRemovals"),
        other("due-rotations", "StartDueRotations"),
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
        other("access-revoked", "GrantAccess", ACCESS, when_stuck=[APPROVE, ISSUE, ISSUE_SESSION, REVOKE]),
        other("access-not-approved", "GrantAccess", ACCESS, when_stuck=[REVOKE]),
        other("access-refused", "GrantAccess", ACCESS, fails=frozenset({"access.open"})),
        other(
            "access-failed",
            "GrantAccess",
            ACCESS,
            fails=frozenset({"kubernetes.bind_access", "kubernetes.unbind_access"}),
            when_stuck=[APPROVE],
        ),
        other(
            "periods-closed",
            "ClosePeriods",
            CloseInput(),
            answers={
                "billing.close_page": _once(PageResult(looked_at=2, final=1), PageResult()),
                "billing.number_page": _once(1, 0),
                "billing.deliver_page": _once(DeliveryResult(delivered=1, next="1"), DeliveryResult()),
            },
        ),
        other(
            "periods-continued",
            "ClosePeriods",
            CloseInput(pages_per_run=1),
            answers={"billing.close_page": lambda _: PageResult(looked_at=2)},
        ),
        other("usage-kept", "KeepUsage"),
        other("webhooks-delivered", "DeliverWebhooks", DeliverWebhooksInput()),
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
        other("preview-done", "PreviewChange", preview()),
        other("preview-in-part", "PreviewChange", preview(), fails=frozenset({"kubernetes.preview app"})),
    ]
