"""Steps that make nothing, held open for as long as a test needs an operation to run.

Why not the real ones: these tests are about the way between HTTP and the runs, and need an operation that is
surely still running. tests/workflows goes the whole way, from HTTP to AWS and Kubernetes.
"""

from collections.abc import Callable
from typing import get_args

from temporalio import activity

from domain.blueprint import StepKind
from domain.errors import AccessDenied, NotReady
from domain.messages import (
    OrphanPlace,
    PreviewCall,
    StepCall,
    StepLook,
    StepOutcome,
    VerifyInput,
    VerifyOutcome,
)
from domain.messages.access import AccessPlan, CredentialsCall, SealedCredentials
from domain.queues import Provider
from store.inventory import Gone, Inventory


class Providers:
    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._held: set[str] = set()
        self._stuck: dict[str, str | None] = {}

    def hold(self, slug: str) -> None:
        """Steps of this tenant do not become ready until released."""
        self._held.add(slug)

    def release(self, slug: str) -> None:
        self._held.discard(slug)

    def stick(self, slug: str, step: str | None = None) -> None:
        """Removals of this tenant, or of this step of it, fail for good until mended."""
        self._stuck[slug] = step

    def mend(self, slug: str) -> None:
        self._stuck.pop(slug, None)

    def activities(self) -> list[Callable[..., object]]:
        steps: list[Callable[..., object]] = []
        for kind in StepKind:
            steps += [self._ensure(kind), self._await_ready(kind), self._remove(kind)]
        for provider in get_args(Provider):
            steps += [self._verify(provider), self._preview(provider)]
        return [*steps, delete_orphan, bind_access, unbind_access, issue_access, issue_session]

    def _ensure(self, kind: StepKind) -> Callable[[StepCall], StepOutcome]:
        @activity.defn(name=f"{kind}.ensure")
        def ensure(call: StepCall) -> StepOutcome:
            return StepOutcome(ready=call.tenant.slug not in self._held, waiting_for="the test")

        return ensure

    def _await_ready(self, kind: StepKind) -> Callable[[StepCall], StepOutcome]:
        @activity.defn(name=f"{kind}.await_ready")
        def await_ready(call: StepCall) -> StepOutcome:
            if call.tenant.slug in self._held:
                raise NotReady("held by the test")
            return StepOutcome()

        return await_ready

    def _remove(self, kind: StepKind) -> Callable[[StepCall], StepOutcome]:
        @activity.defn(name=f"{kind}.remove")
        def remove(call: StepCall) -> StepOutcome:
            if self._stuck.get(call.tenant.slug, "") in {None, call.step}:
                raise AccessDenied("the test says no")
            return StepOutcome()

        return remove

    def _preview(self, provider: str) -> Callable[[PreviewCall], StepLook]:
        @activity.defn(name=f"{provider}.preview")
        def preview(call: PreviewCall) -> StepLook:
            return StepLook(step=call.step)

        return preview

    def _verify(self, provider: str) -> Callable[[VerifyInput], VerifyOutcome]:
        @activity.defn(name=f"{provider}.verify_gone")
        def verify_gone(call: VerifyInput) -> VerifyOutcome:
            rows = self._inventory.rows(call.tenant.id, provider=provider)
            gone = [Gone(row.ref.kind, row.ref.name, "never made", row.ref.namespace) for row in rows]
            self._inventory.gone_all(call.tenant.id, call.operation_id, gone)
            return VerifyOutcome(checked=len(rows))

        return verify_gone


@activity.defn(name="kubernetes.bind_access")
def bind_access(_: AccessPlan) -> None:
    """There is no cluster here; tests/workflows/test_support_access.py has one."""


@activity.defn(name="kubernetes.unbind_access")
def unbind_access(_: AccessPlan) -> None:
    """As above."""


@activity.defn(name="kubernetes.issue_access")
def issue_access(call: CredentialsCall) -> SealedCredentials:
    return SealedCredentials(sealed="canary", expires_at=call.ends_at)


@activity.defn(name="aws.issue_access")
def issue_session(call: CredentialsCall) -> SealedCredentials:
    return SealedCredentials(sealed="canary", expires_at=call.ends_at)


@activity.defn(name="aws.delete_orphan")
def delete_orphan(place: OrphanPlace) -> str:
    return f"{place.id} was never made"
