"""What a step needs to know, and what it found out."""

from domain.blueprint import StepKind
from domain.phases import Mode
from domain.plans import Model, Target
from domain.sizing import Sizes


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
    skippable: bool = False


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
    accept_data_loss: bool = False
    """Ensure only: a person agreed that what is gone with the tenant's data is made anew, empty."""


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
