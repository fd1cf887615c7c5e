"""Hands final invoices on, each until the sink has given its reference."""

from collections.abc import Callable

import structlog
from temporalio import activity

from activities.billing.sinks import Sink
from domain.errors import TemporaryError, TenantryError
from domain.messages import DeliverInput, DeliveryResult
from store.billing.deliveries import Deliveries, Delivery

MOST_FAILURES = 3
"""Of those that a later try may mend. One invoice alone must not hold up all others: Stripe keeps even a 500
under its key for a day."""

log = structlog.get_logger(__name__)


class Handover:
    """Without a sink invoices wait; the first run with one hands all of them on."""

    def __init__(self, deliveries: Deliveries, sink: Sink | None) -> None:
        self._deliveries = deliveries
        self._sink = sink

    def activities(self) -> list[Callable[..., object]]:
        return [self.deliver_page]

    @activity.defn(name="billing.deliver_page")
    def deliver_page(self, call: DeliverInput) -> DeliveryResult:
        """The next invoices after a number. Ends early where the sink is away: the next run goes on."""
        if self._sink is None:
            return DeliveryResult()
        page = self._deliveries.begin(call.after, call.size)
        result, away = DeliveryResult(), 0
        for delivery in page:
            activity.heartbeat(delivery.document.number)
            problem = self._hand_on(self._sink, delivery)
            result = result.model_copy(
                update={
                    "delivered": result.delivered + (problem is None),
                    "failed": result.failed + (problem is not None),
                }
            )
            away += isinstance(problem, TemporaryError)
            if away == MOST_FAILURES:
                return result
        return result.model_copy(
            update={"next": page[-1].document.number if len(page) == call.size else None}
        )

    def _hand_on(self, sink: Sink, delivery: Delivery) -> TenantryError | None:
        document = delivery.document
        try:
            reference = sink.hand_on(document, delivery.first_tried)
        except TenantryError as error:
            log.warning("invoice_not_handed_on", invoice=document.id, code=error.code, reason=str(error))
            self._deliveries.fail(document.id, f"{error.code}: {error}")
            return error
        self._deliveries.end(document.id, reference)
        return None
