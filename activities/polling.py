"""How long to wait between two looks at something slow."""

from datetime import timedelta

from temporalio import activity

LONGEST_SECONDS = 30.0
SHORTEST_SECONDS = 0.05
SHARE_OF_EXPECTED = 0.03


def spacing(expected_seconds: float, elapsed_seconds: float) -> timedelta:
    """Delay until the next look at a thing that usually takes `expected_seconds`.

    Nothing finishes in the first half of its usual time, so the first look falls there (30 s at the latest);
    from then on every 3 % of the usual time, between 50 ms and 30 s.
    """
    first = min(expected_seconds / 2, LONGEST_SECONDS)
    step = min(max(expected_seconds * SHARE_OF_EXPECTED, SHORTEST_SECONDS), LONGEST_SECONDS)
    return timedelta(seconds=max(first - elapsed_seconds, step))


def next_look(expected_seconds: float) -> timedelta:
    """`spacing` for the running activity, counted from its first schedule and not from this attempt."""
    info = activity.info()
    elapsed = info.current_attempt_scheduled_time - info.scheduled_time
    return spacing(expected_seconds, elapsed.total_seconds())
