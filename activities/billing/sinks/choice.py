"""Which sink the settings ask for."""

from activities.billing.sinks import Sink
from runtime.clock import Clock
from runtime.settings import Settings

# Each sink's library takes 25 to 50 MiB: only the one that is asked for is imported.


def sink_of(settings: Settings, clock: Clock) -> Sink | None:
    """None if final invoices stay here. The settings have seen to it that each sink has what it needs."""
    if settings.invoice_sink == "file" and settings.invoice_folder:
        from activities.billing.sinks.files import FileSink  # noqa: PLC0415

        return FileSink(settings.invoice_folder)
    if settings.invoice_sink == "stripe" and settings.stripe_api_key:
        from activities.billing.sinks.stripe_sink import StripeSink  # noqa: PLC0415

        return StripeSink(settings.stripe_api_key, clock.now, api_base=settings.stripe_api_base)
    return None
