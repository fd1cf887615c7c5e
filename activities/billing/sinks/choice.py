"""Which sink the settings ask for."""

from activities.billing.sinks import Sink
from activities.billing.sinks.files import FileSink
from activities.billing.sinks.stripe_sink import StripeSink
from runtime.clock import Clock
from runtime.settings import Settings


def sink_of(settings: Settings, clock: Clock) -> Sink | None:
    """None if final invoices stay here. The settings have seen to it that each sink has what it needs."""
    if settings.invoice_sink == "file" and settings.invoice_folder:
        return FileSink(settings.invoice_folder)
    if settings.invoice_sink == "stripe" and settings.stripe_api_key:
        return StripeSink(settings.stripe_api_key, clock.now, api_base=settings.stripe_api_base)
    return None
