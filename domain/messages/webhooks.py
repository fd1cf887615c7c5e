"""What the run that delivers webhooks and its activity say to each other."""

from domain.plans import Model


class WatchInput(Model):
    seconds: float
    """How long it looks for what is due."""


class WatchResult(Model):
    delivered: int = 0
    failed: int = 0
    """Attempts, most of which are followed by another."""


class DeliverWebhooksInput(Model):
    seconds: float = 300
    """As long as the schedule's interval: the next run begins when this one ends."""
