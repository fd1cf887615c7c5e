"""Turns the domain's errors into Temporal failures, once for every activity."""

import traceback
from typing import Any, overload

import structlog
from kubernetes.client.exceptions import ApiException
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.pace import growing, spread
from domain.errors import NotReady, PermanentError, TemporaryError, Throttled, capped

log = structlog.get_logger()


class FailureInterceptor(Interceptor):
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK calls it with this name
        return _FailureInbound(next)


class _FailureInbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK calls it with this name
        info = activity.info()
        with structlog.contextvars.bound_contextvars(
            workflow_id=info.workflow_id, activity=info.activity_type, attempt=info.attempt
        ):
            try:
                return await self.next.execute_activity(input)
            except (PermanentError, TemporaryError) as error:
                failure = as_application_error(error, info.attempt)
                if not isinstance(error, NotReady):
                    log.warning("activity failed", code=error.code, reason=str(error))
                raise failure from brief(error.__cause__)
            except FailureError:
                raise
            except Exception as error:  # noqa: BLE001 - none may reach a history as it is
                failure = brief(error)
                stack = "".join(traceback.format_tb(error.__traceback__))
                # Not log.exception, which would write the whole text.
                log.error("activity broke", code=failure.type, reason=failure.message, stack=stack)  # noqa: TRY400 - see above
                raise failure from brief(error.__cause__)


@overload
def brief(error: BaseException) -> ApplicationError: ...
@overload
def brief(error: None) -> None: ...
def brief(error: BaseException | None) -> ApplicationError | None:
    """The error's name and capped text, without its stack and its own causes.

    Temporal shows no more than 'Failure exceeds size limit' for a retried activity whose failure has 4 KB.
    """
    if error is None:
        return None
    # An ApiException's text is all headers and the whole body.
    text = f"{error.status} {error.reason}" if isinstance(error, ApiException) else str(error)
    return ApplicationError(capped(text), type=type(error).__name__)


def as_application_error(error: PermanentError | TemporaryError, attempt: int) -> ApplicationError:
    """Permanent stops retrying; temporary is retried, after the provider's delay if it named one.

    What was throttled waits longer with each attempt, and not as long as others that were at the same time.
    """
    if isinstance(error, PermanentError):
        about = [error.about] if error.about else []
        return ApplicationError(capped(str(error)), *about, type=error.code, non_retryable=True)
    delay = error.retry_after
    if isinstance(error, Throttled):
        delay = spread(delay or growing(attempt))
    return ApplicationError(
        capped(str(error)),
        type=error.code,
        next_retry_delay=delay,
        # A poll that has to look again is no news for logs and alerts.
        category=ApplicationErrorCategory.BENIGN
        if isinstance(error, NotReady)
        else ApplicationErrorCategory.UNSPECIFIED,
    )
