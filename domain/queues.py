"""Which task queue serves what: no role holds up the others, and none needs the rights of another."""

from typing import Literal

Provider = Literal["aws", "kubernetes"]


def provider_queue(main_queue: str, provider: Provider) -> str:
    """The queue of a provider's activities, beside the main queue of runs and records."""
    return f"{main_queue}-{provider}"


def billing_queue(main_queue: str) -> str:
    """The queue of what closes periods and hands invoices on: its workers reach no provider."""
    return f"{main_queue}-billing"
