"""What a noisy day may cost."""

from tests.noisy.day import Part, Storm
from tests.noisy.signups import Crowd

MORE_CALLS = 1.6
"""Times the calls of a quiet day: each struck attempt asks again for what it had asked before."""
BEHIND = 1.6
"""Times what spared tenants take on a quiet day (p90): others' retries do not hold them up."""


def verdict(quiet: Part, noisy: Part, storm: Storm) -> list[str]:
    """What is wrong; nothing if all converged, nobody waited for others' retries, and calls fell."""
    problems = [*unconverged(quiet.crowd), *noise(noisy), *wind(storm)]
    if len(noisy.calls.aws) > MORE_CALLS * len(quiet.calls.aws):
        problems.append(f"{len(noisy.calls.aws)} calls to AWS instead of {len(quiet.calls.aws)}")
    alone, among_noise = (part.crowd.seconds(90, part.spared) for part in (quiet, noisy))
    if among_noise > BEHIND * alone:
        problems.append(f"spared tenants took {among_noise:.0f} s, and {alone:.0f} s on a quiet day")
    return problems


def noise(noisy: Part) -> list[str]:
    problems = unconverged(noisy.crowd)
    if not noisy.calls.throttled:
        problems.append("nothing went wrong: the noise did not reach AWS")
    return problems


def wind(storm: Storm) -> list[str]:
    half = len(storm.windows) // 2
    fell = sum(storm.windows[half:]) < sum(storm.windows[:half])
    problems = [] if fell else [f"calls to a throttled API did not fall: {storm.windows}"]
    return [*problems, *unconverged(storm.crowd)]


def unconverged(crowd: Crowd) -> list[str]:
    missing = len(crowd.ended) - crowd.converged
    return [f"{missing} of {len(crowd.ended)} sign-ups did not converge"] if missing else []
