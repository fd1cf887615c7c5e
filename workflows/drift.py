"""The scheduled scan: every tenant's things are looked at, then what belongs to no tenant is searched for."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.counting import counted
from domain.errors import capped
from domain.messages import DriftInput, DriftResult, PageInput, Place, TenantsPage
from workflows import observing, policies
from workflows.failures import error_view
from workflows.provider import PROVIDERS

SEARCH_LIMIT = timedelta(minutes=10)
LATE = timedelta(hours=2)
"""After so long it continues as new at the end of a page: the schedule's limit is for what is stuck."""


@workflow.defn
class CheckDrift:
    """Page by page, and continued as new in between: any number of tenants, a history of one size.

    It waits for no repair, and what cannot be looked at holds up nothing else.
    """

    @workflow.run
    async def run(self, given: DriftInput) -> DriftResult:
        result = given.so_far or DriftResult()
        after: str | None = given.after
        for _ in range(given.pages_per_run):
            if after is None or workflow.now() - workflow.info().start_time > LATE:
                break
            page = await self._page(after, given)
            if page.tenant_ids:
                result = await self._look(page.tenant_ids, result, given.repairs_at_most)
            after = page.next
            _show(result)
        if after is not None:
            workflow.continue_as_new(
                given.model_copy(update={"after": after, "so_far": result}),
                initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
            )
        return await self._search(result) if given.orphans else result

    async def _page(self, after: str, given: DriftInput) -> TenantsPage:
        page: TenantsPage = await workflow.execute_activity(
            "drift.page",
            PageInput(after=after, limit=given.page_size),
            result_type=TenantsPage,
            summary="next page of tenants",
            **policies.records(),
        )
        return page

    async def _look(self, tenant_ids: list[str], result: DriftResult, repairs_at_most: int) -> DriftResult:
        looks = await asyncio.gather(
            *(observing.observe_page(name, tenant_ids) for name in PROVIDERS), return_exceptions=True
        )
        failed = 0
        for look in looks:
            if isinstance(look, ActivityError):
                # A provider that nobody got to answer in its time; the next scan tries again.
                failed = len(tenant_ids)
            elif isinstance(look, BaseException):
                raise look
            else:
                failed = max(failed, look.failed)
        judged = await observing.judge(tenant_ids, max(repairs_at_most - result.repairs, 0))
        return result.model_copy(
            update={
                "tenants": result.tenants + len(tenant_ids),
                "drifted": result.drifted + judged.drifted,
                "repairs": result.repairs + judged.repairs,
                "deferred": result.deferred + judged.deferred,
                "postponed": result.postponed + judged.postponed,
                "failed": result.failed + max(failed, judged.failed),
            }
        )

    async def _search(self, result: DriftResult) -> DriftResult:
        places: list[Place] = await workflow.execute_activity(
            "drift.places", result_type=list[Place], summary="where orphans can be", **policies.records()
        )
        outcomes = await asyncio.gather(*(_searched(place) for place in places))
        searched = result.model_copy(
            update={
                "orphans": sum(found for found, _ in outcomes),
                "unsearched": [problem for _, problem in outcomes if problem],
            }
        )
        _show(searched)
        return searched


async def _searched(place: Place) -> tuple[int, str | None]:
    """How many things of no tenant are there, or why nobody knows."""
    try:
        found: int = await workflow.execute_activity(
            f"{place.provider}.find_orphans",
            place,
            result_type=int,
            summary=f"search {place.name} for things of no tenant",
            **observing.on_page(place.provider, SEARCH_LIMIT),
        )
    except ActivityError as error:
        view = error_view(error)
        return 0, capped(f"{place.provider} in {place.name}: {view.code}: {view.message}")
    return found, None


def _show(result: DriftResult) -> None:
    counts = (
        f"**{counted(result.tenants, 'tenant')} looked at**: {result.drifted} drifted, "
        f"{counted(result.repairs, 'repair')} started, {result.deferred} deferred, "
        f"{result.postponed} postponed, {result.failed} could not be looked at."
    )
    unsearched = (f"Not searched for things of no tenant: {problem}" for problem in result.unsearched)
    workflow.set_current_details("\n\n".join([counts, *unsearched]))
