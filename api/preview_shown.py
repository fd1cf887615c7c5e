"""The answer to a preview, put together from what was read and looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.records.foresight import Foresight
from api.preview_views import Capacity, NotSeen, PreviewView, Quota, TenantState
from api.problems import OperationRef
from domain.access import Caller
from domain.billing.comparing import PriceChange
from domain.messages import Desired, StepLook
from domain.phases import TRANSITIONS, Mode, OperationKind, Phase
from domain.placement import Requests, fits
from domain.previewing.disruption import disruption
from domain.previewing.duration import Expectations, duration
from domain.previewing.objects import object_changes
from domain.sizing import Sizes
from store.tables import TenantRow

NOT_KNOWN_YET = "the open operation comes first: what this change then finds is not known yet"


@dataclass(frozen=True)
class Seen:
    caller: Caller
    tenant: TenantRow
    etag: str
    kind: OperationKind
    taken_over: OperationRef | None
    foreseen: Foresight
    looks: Sequence[StepLook]
    price: PriceChange | None
    unpriced: str
    """Why there is no price."""

    @property
    def unforeseeable(self) -> bool:
        """Whether another operation decides what the change will find."""
        return not self.foreseen.removes and self.foreseen.plan.after is None

    @property
    def phase_then(self) -> Phase:
        return Phase.DELETED if self.foreseen.removes else TRANSITIONS[self.kind].ends_in or self.tenant.phase

    @property
    def grace(self) -> timedelta | None:
        if self.kind is not OperationKind.TEARDOWN or self.foreseen.removes:
            return None
        return timedelta(seconds=self.foreseen.plan.grace_seconds)

    @property
    def unseen(self) -> list[NotSeen]:
        titles = {step.name: step.title for step in self.foreseen.plan.steps}
        return [
            NotSeen(step=look.step, title=titles[look.step], error=look.error)
            for look in self.looks
            if look.error
        ]

    @property
    def remarks(self) -> list[str]:
        return [
            *([NOT_KNOWN_YET] if self.unforeseeable else []),
            *(remark for look in self.looks for remark in look.remarks),
            *([self.unpriced] if self.unpriced else []),
        ]


def shown(seen: Seen, now: datetime, usual: Expectations) -> PreviewView:
    plan, removes = seen.foreseen.plan, seen.foreseen.removes
    changes = object_changes(difference for look in seen.looks for difference in look.differences)
    unseen = {one.step for one in seen.unseen}
    steps = [] if seen.unforeseeable else plan.steps
    return PreviewView(
        tenant_id=seen.tenant.id,
        slug=seen.tenant.slug,
        change=seen.kind,
        looked_at=now,
        tenant_etag=seen.etag,
        now=_state(seen.tenant.phase, plan.before),
        then=_state(seen.phase_then, plan.after),
        remove_after=now + seen.grace if seen.grace else None,
        takes_over=seen.taken_over,
        objects=changes,
        not_seen=seen.unseen,
        remarks=seen.remarks,
        capacity=_capacity(seen.foreseen, whole=seen.caller.customer_id is None),
        price=seen.price,
        disruption=disruption(changes, plan.before, removes=removes),
        duration=duration(seen.kind, steps, changes, unseen, usual, removes=removes),
    )


def _state(phase: Phase, desired: Desired | None) -> TenantState:
    return TenantState(
        phase=phase,
        target=desired.target if desired else None,
        sizes=desired.sizes if desired else None,
        running=desired is not None and desired.mode is Mode.RUNNING,
    )


def _capacity(foreseen: Foresight, *, whole: bool) -> Capacity:
    """Of others a customer hears only whether there is room beside them."""
    cell, plan = foreseen.cell, foreseen.plan
    before, after = (desired.sizes if desired else None for desired in (plan.before, plan.after))
    room = Requests(cpu_millis=cell.allocatable_cpu_millis, memory_mib=cell.allocatable_memory_mib)
    return Capacity(
        cell=cell.name,
        allocatable=room if whole else None,
        others=foreseen.others if whole else None,
        now=_requests(before),
        then=_requests(after),
        fits=after is None or fits(cell, foreseen.others, after),
        quota_now=_quota(before),
        quota_then=_quota(after),
    )


def _requests(sizes: Sizes | None) -> Requests:
    if sizes is None:
        return Requests()
    return Requests(cpu_millis=sizes.requested_cpu_millis, memory_mib=sizes.requested_memory_mib)


def _quota(sizes: Sizes | None) -> Quota | None:
    if sizes is None:
        return None
    return Quota(cpu_millis=sizes.quota_cpu_millis, memory_mib=sizes.quota_memory_mib, pods=sizes.quota_pods)
