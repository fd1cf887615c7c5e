"""The scheduled scan: every tenant's things are looked at, then what belongs to no tenant is searched for."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.messages import DriftInput, DriftResult, PageInput, Place, TenantsPage
from workflows import observing, policies
from workflows.provider import PROVIDERS

SEARCH_LIMIT = timedelta(hours=1)


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
            if after is None:
                break
            page = await self._page(after, given)
            if page.tenant_ids:
                result = await self._look(page.tenant_ids, result)
            after = page.next
            _show(result)
        if after is not None:
            workflow.continue_as_new(given.model_copy(update={"after": after, "so_far": result}))
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

    async def _look(self, tenant_ids: list[str], result: DriftResult) -> DriftResult:
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
        judged = await observing.judge(tenant_ids)
        return result.model_copy(
            update={
                "tenants": result.tenants + len(tenant_ids),
                "drifted": result.drifted + judged.drifted,
                "repairs": result.repairs + judged.repairs,
                "deferred": result.deferred + judged.deferred,
                "failed": result.failed + failed,
            }
        )

    async def _search(self, result: DriftResult) -> DriftResult:
        places: list[Place] = await workflow.execute_activity(
            "drift.places", result_type=list[Place], summary="where orphans can be", **policies.records()
        )
        found = 0
        for place in places:
            try:
                found += await workflow.execute_activity(
                    f"{place.provider}.find_orphans",
                    place,
                    result_type=int,
                    summary=f"search {place.name} for things of no tenant",
                    **observing.on_page(place.provider, SEARCH_LIMIT),
                )
            except ActivityError as error:
                workflow.logger.warning("place not searched", extra={"place": place.name, "why": str(error)})
        return result.model_copy(update={"orphans": found})


def _show(result: DriftResult) -> None:
    workflow.set_current_details(
        f"**{result.tenants} tenants looked at**: {result.drifted} drifted, {result.repairs} repairs "
        f"started, {result.deferred} deferred, {result.failed} could not be looked at."
    )
