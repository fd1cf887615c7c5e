"""What a noisy day may cost."""

from tests.noisy.day import Part, Storm

MORE_CALLS = 1.6
"""Times the calls of a quiet day: each struck attempt asks again for what it had asked before."""
LATEST = 2.5
"""The last of a crowd, times its median: nobody is left behind."""


def verdict(quiet: Part, noisy: Part, storm: Storm) -> list[str]:
    """What is wrong; nothing if all converged, nobody waited for others' retries, and calls fell."""
    problems = [
        f"{len(crowd.ended) - crowd.converged} of {len(crowd.ended)} sign-ups did not converge"
        for crowd in (quiet.crowd, noisy.crowd, storm.crowd)
        if crowd.converged < len(crowd.ended)
    ]
    if len(noisy.calls.aws) > MORE_CALLS * len(quiet.calls.aws):
        problems.append(f"{len(noisy.calls.aws)} calls to AWS instead of {len(quiet.calls.aws)}")
    last_untouched = noisy.crowd.seconds(100, noisy.untouched)
    if last_untouched > noisy.crowd.seconds(100):
        problems.append("a tenant whose calls all went well was the last to end")
    if not noisy.calls.throttled or not noisy.calls.lost:
        problems.append("nothing went wrong: the noise did not reach AWS")
    half = len(storm.windows) // 2
    if sum(storm.windows[half:]) * 2 > sum(storm.windows[:half]):
        problems.append(f"calls to a throttled API did not fall: {storm.windows}")
    return problems
