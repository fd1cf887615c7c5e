"""Inputs and results of workflows, updates and activities: one of each, all serialisable, nothing secret."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from domain.blueprint import StepKind
from domain.phases import Mode, OperationKind, OperationStatus, Phase
from domain.plans import Model, Target
from domain.sizing import Sizes

# --- what a run is asked to do ------------------------------------------------------------------------------


class OperationRequest(Model):
    """One accepted wish to change a tenant. Its id is also the id of the update that carries it."""

    operation_id: str
    kind: OperationKind
    tenant_id: str
    slug: str
    requested_by: str
    customer_id: str | None = None
    """Sign-up only: every tenant belongs to a customer."""
    region: str | None = None
    """Sign-up only."""
    target: Target | None = None
    """Sign-up and scale only."""
    grace_seconds: Annotated[int, Field(ge=0)] | None = None
    """Teardown only; none takes the plan's grace."""


class RunInput(Model):
    """Argument of every lifecycle workflow."""

    tenant_id: str
    slug: str
    handed_over: OperationRequest | None = None
    """Set when the request comes with the start (a take-over, a due removal) and no update is awaited."""


class RunResult(Model):
    operation_id: str
    status: OperationStatus
    phase: Phase | None


class OperationAccepted(Model):
    """Answer of the accept and take-over updates."""

    operation_id: str
    tenant_id: str
    slug: str
    kind: OperationKind


class CancelRequest(Model):
    operation_id: str
    requested_by: str


class RetryRequest(Model):
    requested_by: str


# --- what a step needs to know ------------------------------------------------------------------------------


class TenantContext(Model):
    """The parts of a tenant that never change after placement."""

    id: str
    slug: str
    customer_id: str
    install: str
    region: str
    cell: str
    blueprint: str


class Desired(Model):
    """How the tenant shall be: what it bought, the sizes that follow, and whether its workload runs."""

    target: Target
    sizes: Sizes
    mode: Mode


class StepPlan(Model):
    """One step of this run, as the workflow schedules it."""

    name: str
    kind: StepKind
    title: str
    needs: list[str] = []
    sized: bool = False
    workload: bool = False


class StepCall(Model):
    """Input of every `<kind>.ensure`, `<kind>.await_ready` and `<kind>.remove`."""

    tenant: TenantContext
    operation_id: str
    step: str
    desired: Desired | None = None
    """None while removing."""
    outputs: dict[str, str] = {}
    """What earlier steps found out: `<step>.<key>`, for example `database.host`. Never a secret."""
    final_snapshot: bool = False
    """Removal only: whether the database leaves a last snapshot."""


class StepOutcome(Model):
    """Result of ensure, await_ready and remove."""

    ready: bool = True
    """False: made, but not usable yet; await_ready polls."""
    waiting_for: str = ""
    outputs: dict[str, str] = {}
    kept: list[str] = []
    """What could not be brought to the wanted state because it only grows, in words."""


class ResourceRef(Model):
    """One thing of the inventory."""

    step: str
    step_kind: StepKind
    kind: str
    """Provider's word: 's3:bucket', 'rds:db', 'apps/v1/Deployment'."""
    name: str
    """Final name, known before the thing is made."""
    namespace: str = ""


# --- records ------------------------------------------------------------------------------------------------


class BeginInput(Model):
    request: OperationRequest
    run_id: str


class OperationPlan(Model):
    """Everything the run needs, read and written in one transaction at its start."""

    tenant: TenantContext
    phase_before: Phase | None
    """None for a sign-up."""
    before: Desired | None
    """Last good state; none for a sign-up."""
    after: Desired | None
    """None when the operation ends with nothing left."""
    steps: list[StepPlan]
    """In dependency order. For a removal: every step that the inventory still knows."""
    outputs: dict[str, str] = {}
    grace_seconds: int = 0
    final_snapshot: bool = False


class AcceptInput(Model):
    """A request that reached an open run: a take-over that waits, or a newer target of a scale."""

    request: OperationRequest
    run_id: str
    holder: str
    """Operation id that holds the tenant."""
    supersedes: str | None = None


class AcceptResult(Model):
    after: Desired | None = None
    """Newer target only: the sizes that follow from it."""


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class StepView(Model):
    """One line of an operation's timeline."""

    name: str
    title: str
    status: StepStatus = StepStatus.PENDING
    started_at: datetime | None = None
    finished_at: datetime | None = None
    detail: str = ""


class ErrorView(Model):
    """Why an operation failed: `code` is a class name of domain/errors.py."""

    code: str
    message: str
    step: str | None = None


class Condition(Model):
    type: str
    status: bool
    reason: str
    message: str
    since: datetime


class OperationView(Model):
    """Progress of one operation: answer of the `progress` query and of the API."""

    operation_id: str
    kind: OperationKind
    status: OperationStatus
    tenant_id: str
    slug: str
    steps: list[StepView] = []
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    waiting_for: str = ""
    error: ErrorView | None = None
    kept: list[str] = []
    conditions: list[Condition] = []


class FinishInput(Model):
    """How a run leaves the tenant, written in one transaction."""

    tenant_id: str
    operation_id: str
    """Operation that holds the tenant."""
    result_of: str
    """Operation that this ending belongs to: the newest target of a scale."""
    status: OperationStatus
    phase: Phase
    desired: Desired | None = None
    """New last good state; none leaves it as it was."""
    timeline: list[StepView] = []
    error: ErrorView | None = None
    kept: list[str] = []
    outputs: dict[str, str] = {}
    remove_after: datetime | None = None
    superseded_by: str | None = None


class FinishResult(Model):
    handed_to: str | None
    """Operation that holds the tenant from now on; none if it is free."""


class StateInput(Model):
    """A change of phase or condition in the middle of a run."""

    tenant_id: str
    operation_id: str
    phase: Phase | None = None
    condition: Condition | None = None


class VerifyInput(Model):
    tenant: TenantContext
    operation_id: str


class VerifyOutcome(Model):
    checked: int
    survivors: list[ResourceRef] = []


class Certificate(Model):
    """Proof that a tenant is gone: every object that the inventory ever named, and how it was looked for."""

    tenant_id: str
    slug: str
    customer_id: str
    operation_id: str
    issued_at: datetime
    entries: list["CertificateEntry"]


class CertificateEntry(Model):
    provider: str
    kind: str
    name: str
    namespace: str = ""
    provider_id: str = ""
    made_at: datetime | None = None
    """None: it was intended and never made."""
    gone_at: datetime
    proof: str
    """The question asked and the answer: 's3:HeadBucket answered 404'."""


class DueRemovals(Model):
    started: list[str]
    """Slugs for which a removal was started."""
    more: bool


JsonObject = dict[str, Any]
