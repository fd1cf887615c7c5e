"""The scheduled run that starts a recovery for every operation whose run was lost."""

from datetime import timedelta

from temporalio import workflow

from domain.messages import RecoveryPage, RecoveryResult, StartedRecovery
from workflows import policies


@workflow.defn
class RecoverLost:
    """Looks at every tenant that an operation holds, page by page; it waits for no recovery."""

    @workflow.run
    async def run(self) -> RecoveryResult:
        looked_at = failed = 0
        started: list[StartedRecovery] = []
        after: str | None = ""
        while after is not None:
            page: RecoveryPage = await workflow.execute_activity(
                "recovery.start_lost",
                after,
                result_type=RecoveryPage,
                summary="start recoveries of operations whose run was lost",
                **policies.records() | {"start_to_close_timeout": timedelta(minutes=5)},
            )
            looked_at += page.looked_at
            started += page.started
            failed += page.failed
            after = page.next
        return RecoveryResult(looked_at=looked_at, started=started, failed=failed)
