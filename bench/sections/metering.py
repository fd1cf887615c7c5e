"""Usage through HTTP, beside the least that PostgreSQL could do for the same rows."""

from bench.figures import Figure, Section, Target
from bench.usage import rounds
from bench.usage_events import BATCH
from bench.usage_http import SENDERS

ROUNDS = 5
BATCHES = 100
TENANTS = 20


def measure() -> Section:
    played = list(rounds(ROUNDS, BATCHES, TENANTS))
    beside = "COPY and INSERT … ON CONFLICT, ready-made"
    return Section(
        "Usage",
        [
            Figure(
                "usage-http",
                "events through HTTP",
                "",
                "per s",
                tuple(1e6 / one.sent.clock for one in played),
                Target("≥", 30_000),
            ),
            Figure("usage-ready", beside, "", "per s", tuple(1e6 / one.ready.clock for one in played)),
            Figure(
                "usage-share",
                "events through HTTP",
                beside,
                "times",
                tuple(one.share for one in played),
                Target("≥", 0.35),
            ),
        ],
        [
            f"{BATCHES} batches of {BATCH} events in each round; API and PostgreSQL on the same processors.",
            f"Over HTTP, {SENDERS} senders at once, the API with a process for each core.",
            "COPY and INSERT by one connection, a transaction for each batch.",
        ],
    )
