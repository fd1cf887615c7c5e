"""What the runs that close periods and their activities say to each other."""

from datetime import datetime

from domain.plans import Model


class ClosingRun(Model):
    """What a run knows from its beginning to its end, however often it is killed."""

    number: int
    moment: datetime
    """Closes what has ended by then."""
    cut_off: int
    """Knows the usage that was stored up to here."""


class CloseInput(Model):
    """Argument of the run, which carries its counts when it continues as new."""

    as_of: datetime | None = None
    """Closes what has ended by then; none is the run's beginning."""
    page_size: int = 100
    """Tenants, or invoices, of one transaction."""
    pages_per_run: int = 500
    closing: ClosingRun | None = None
    so_far: "CloseResult | None" = None


class BeginClosingInput(Model):
    as_of: datetime | None


class ClosePageInput(Model):
    closing: ClosingRun
    size: int


class PageResult(Model):
    looked_at: int = 0
    """Tenants of which something may have ended; none: the run has looked at all."""
    final: int = 0
    drafts: int = 0
    failed: int = 0


class DeliverInput(Model):
    after: str = ""
    """Number after which the page begins."""
    size: int


class DeliveryResult(Model):
    delivered: int = 0
    failed: int = 0
    next: str | None = None
    """`after` of the next page; none on the last one, and where the sink is away."""


class CloseResult(Model):
    looked_at: int = 0
    final: int = 0
    """Invoices made final."""
    drafts: int = 0
    failed: int = 0
    """Tenants that could not be rated; the next run tries again."""
    numbered: int = 0
    delivered: int = 0
    undelivered: int = 0
    """Invoices that could not be handed on; the next run tries again."""
