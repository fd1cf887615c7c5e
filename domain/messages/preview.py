"""What a change would do to a tenant's things: asked of the providers by reading and dry runs alone."""

from domain.blueprint import StepKind
from domain.messages.drift import Difference
from domain.messages.progress import ErrorView
from domain.messages.steps import Desired, StepCall, StepPlan, TenantContext
from domain.plans import Model


class PreviewInput(Model):
    """Argument of `PreviewChange`."""

    tenant: TenantContext
    steps: list[StepPlan]
    """The steps that the change would run."""
    desired: Desired | None
    """How the tenant would be; none where everything of it would be removed."""
    outputs: dict[str, str] = {}
    final_snapshot: bool = False


class PreviewCall(StepCall):
    """Input of `aws.preview` and `kubernetes.preview`; no wanted state stands for a removal."""

    kind: StepKind


class StepLook(Model):
    """What one step would change."""

    step: str
    differences: list[Difference] = []
    remarks: list[str] = []
    """What the provider allows, or keeps, in words."""
    error: ErrorView | None = None
    """Why it could not be looked at; the rest is empty then."""


class PreviewResult(Model):
    looks: list[StepLook]
    """One for each step, in their order."""
