"""Shorter attempts than the policies allow, for installations whose providers answer at once."""

from datetime import timedelta
from typing import Any

from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle


class AttemptLimit(Interceptor):
    """The server misses a killed worker when its attempt should have ended: no sooner, and no later."""

    def __init__(self, seconds: float) -> None:
        self._limit = timedelta(seconds=seconds)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - the SDK calls it with this name
    ) -> type[WorkflowInboundInterceptor]:
        limit = self._limit

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(_Outbound(outbound, limit))

        return Inbound


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, inner: WorkflowOutboundInterceptor, limit: timedelta) -> None:
        super().__init__(inner)
        self._limit = limit

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - as above
        if input.heartbeat_timeout is not None:
            input.heartbeat_timeout = min(input.heartbeat_timeout, self._limit)
        elif input.start_to_close_timeout is not None:
            input.start_to_close_timeout = min(input.start_to_close_timeout, self._limit)
        return super().start_activity(input)
