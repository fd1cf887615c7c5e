"""Which task queue serves what: a throttled or unreachable provider must not hold up the others."""

from typing import Literal

Provider = Literal["aws", "kubernetes"]


def provider_queue(main_queue: str, provider: Provider) -> str:
    """The queue of a provider's activities, beside the main queue of runs and records."""
    return f"{main_queue}-{provider}"
