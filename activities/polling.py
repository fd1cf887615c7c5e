"""How long to wait between two looks at something slow."""

from datetime import timedelta

from temporalio import activity

LONGEST_SECONDS = 30.0
SHORTEST_SECONDS = 0.05
SHARE_OF_EXPECTED = 0.03


def spacing(expected_seconds: float, elapsed_seconds: float, share: float = SHARE_OF_EXPECTED) -> timedelta:
    """Delay until the next look at a thing that usually takes `expected_seconds`.

    One look after 30 s tells what fails early. Nothing finishes in the first half of its usual time, so the
    next falls there; from then on one each `share` of the usual time, between 50 ms and 30 s.
    """
    half = expected_seconds / 2
    step = min(max(expected_seconds * share, SHORTEST_SECONDS), LONGEST_SECONDS)
    goal = min(half, LONGEST_SECONDS) if elapsed_seconds < LONGEST_SECONDS else half
    return timedelta(seconds=max(goal - elapsed_seconds, step))


def next_look(expected_seconds: float, share: float = SHARE_OF_EXPECTED) -> timedelta:
    """`spacing` for the running activity, counted from its first schedule and not from this attempt."""
    info = activity.info()
    elapsed = info.current_attempt_scheduled_time - info.scheduled_time
    return spacing(expected_seconds, elapsed.total_seconds(), share)
