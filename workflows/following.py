"""What schedules start, and what waits for hours, as workers with a version serve it: carried on by whichever
version is current.

Pinned to a version without workers, a run would keep its schedule from starting another, and nobody could
revoke access to a tenant. They are classes of their own, because the server refuses the tasks of a worker
without a version that speak of versions.
"""

from collections.abc import Iterable

from temporalio import workflow
from temporalio.common import VersioningBehavior

from domain.messages import (
    CloseInput,
    CloseResult,
    DeliverWebhooksInput,
    DriftInput,
    DriftResult,
    RecoveryResult,
    WatchResult,
)
from domain.messages.access import AccessEnding, AccessRequest
from workflows.close_periods import ClosePeriods
from workflows.deliver_webhooks import DeliverWebhooks
from workflows.drift import CheckDrift
from workflows.due_removals import StartDueRemovals
from workflows.grant_access import GrantAccess
from workflows.recover_lost import RecoverLost

CURRENT = VersioningBehavior.AUTO_UPGRADE


@workflow.defn(name="CheckDrift", versioning_behavior=CURRENT)
class FollowingCheckDrift(CheckDrift):
    @workflow.run
    async def run(self, given: DriftInput) -> DriftResult:
        return await super().run(given)


@workflow.defn(name="StartDueRemovals", versioning_behavior=CURRENT)
class FollowingStartDueRemovals(StartDueRemovals):
    @workflow.run
    async def run(self) -> int:
        return await super().run()


@workflow.defn(name="RecoverLost", versioning_behavior=CURRENT)
class FollowingRecoverLost(RecoverLost):
    @workflow.run
    async def run(self) -> RecoveryResult:
        return await super().run()


@workflow.defn(name="ClosePeriods", versioning_behavior=CURRENT)
class FollowingClosePeriods(ClosePeriods):
    @workflow.run
    async def run(self, given: CloseInput) -> CloseResult:
        return await super().run(given)


@workflow.defn(name="DeliverWebhooks", versioning_behavior=CURRENT)
class FollowingDeliverWebhooks(DeliverWebhooks):
    @workflow.run
    async def run(self, given: DeliverWebhooksInput) -> WatchResult:
        return await super().run(given)


@workflow.defn(name="GrantAccess", versioning_behavior=CURRENT)
class FollowingGrantAccess(GrantAccess):
    @workflow.init
    def __init__(self, request: AccessRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: AccessRequest) -> AccessEnding | None:
        return await super().run(request)


_FOLLOWING: dict[type, type] = {
    ClosePeriods: FollowingClosePeriods,
    CheckDrift: FollowingCheckDrift,
    StartDueRemovals: FollowingStartDueRemovals,
    RecoverLost: FollowingRecoverLost,
    DeliverWebhooks: FollowingDeliverWebhooks,
    GrantAccess: FollowingGrantAccess,
}


def following(workflows: Iterable[type]) -> list[type]:
    """The same workflow types, for workers that have a version."""
    return [_FOLLOWING.get(one, one) for one in workflows]
