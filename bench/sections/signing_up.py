"""Our sign-ups beside what a user would pick instead, on one stack a round, in turn."""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.figures import Figure, Section, Target
from bench.peers.endpoints import endpoints_of, write
from bench.peers.play import Line, play_peer
from bench.stage import QUIET, BenchStage, running_stack

ROUNDS = 5
SINGLE = 6
"""Sign-ups one after the other in each round."""
AT_ONCE = 40
LOOK_SECONDS = 8.0
"""Between two looks at each of the many."""
OF_ANSIBLE = 4
FEW_TIMES = 3
"""They are over in a second and a half, and vary."""
Values = Mapping[str, Sequence[float]]


def measure() -> Section:
    values: dict[str, list[float]] = defaultdict(list)
    versions: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for number in range(ROUNDS):
            with running_stack(settings=QUIET) as stack, BenchStage(stack) as stage:
                file = Path(folder) / "stack.json"
                write(endpoints_of(stack), file)
                stage.warm_up()
                parts = list(_parts(stage, file, versions).items())
                # Turned round every other time: what comes later finds more tenants there.
                for name, part in parts if number % 2 == 0 else reversed(parts):
                    values[name].append(part())
    return Section("Sign-ups", _figures(values), [_ROUNDS, _ENDS, _CROWDS, *sorted(versions)])


def _parts(stage: BenchStage, file: Path, versions: set[str]) -> Mapping[str, Callable[[], float]]:
    """What a round measures, in its order."""

    def played(peer: str, tenants: int, parallel: int) -> Line:
        line = play_peer(peer, file, tenants=tenants, parallel=parallel)
        versions.add(f"{peer}: {line['version']}")
        return line

    def rate(peer: str, tenants: int) -> float:
        return tenants / float(played(peer, tenants, tenants)["wall_seconds"])

    def few() -> float:
        return stage.crowd(OF_ANSIBLE).all_succeeded().rate

    return {
        "ours": lambda: statistics.median(stage.signups(SINGLE)),
        "script": lambda: statistics.median(played("script", SINGLE, 1)["each_seconds"]),
        "crowd": lambda: stage.crowd(AT_ONCE, poll_seconds=LOOK_SECONDS).all_succeeded().rate,
        "calls": lambda: rate("script", AT_ONCE),
        "empty": lambda: rate("empty_workflows", AT_ONCE),
        "dbos": lambda: rate("dbos_signup", AT_ONCE),
        "few": lambda: statistics.median(few() for _ in range(FEW_TIMES)),
        "ansible": lambda: rate("ansible_signups", OF_ANSIBLE),
    }


def _figures(values: Values) -> list[Figure]:
    own = [1 / (1 / crowd - 1 / calls) for crowd, calls in _pairs(values, "crowd", "calls")]
    shares = tuple(one / empty for one, empty in zip(own, values["empty"], strict=True))
    crowd = f"sign-ups, {AT_ONCE} at once"
    few = f"sign-ups, {OF_ANSIBLE} at once"
    return [
        Figure("signup", "one sign-up", "", "s", tuple(values["ours"]), Target("≤", 0.6)),
        Figure("script", "a plain script's", "", "s", tuple(values["script"])),
        _ratio("signup-script", "one sign-up", "a plain script", values, "ours", "script", Target("≤", 2.0)),
        Figure("crowd", crowd, "", "per s", tuple(values["crowd"])),
        Figure("calls", f"{crowd}, provider calls only", "", "per s", tuple(values["calls"])),
        Figure("empty", f"empty workflows, {AT_ONCE} at once", "", "per s", tuple(values["empty"])),
        Figure(
            "crowd-empty",
            f"{crowd}, without the time of the provider calls",
            "empty workflows",
            "times",
            shares,
            Target("≥", 0.5),
        ),
        Figure("dbos", f"{crowd}, DBOS", "", "per s", tuple(values["dbos"])),
        _ratio("crowd-dbos", crowd, "DBOS", values, "crowd", "dbos", Target(">", 1)),
        Figure("ansible", f"{few}, Ansible", "", "per s", tuple(values["ansible"])),
        _ratio("few-ansible", few, "Ansible", values, "few", "ansible", Target("≥", 30)),
    ]


def _ratio(key: str, what: str, beside: str, values: Values, one: str, other: str, target: Target) -> Figure:
    ratios = tuple(ours / theirs for ours, theirs in _pairs(values, one, other))
    return Figure(key, what, beside, "times", ratios, target)


def _pairs(values: Values, one: str, other: str) -> list[tuple[float, float]]:
    return list(zip(values[one], values[other], strict=True))


_ROUNDS = "Each round has a stack of its own, and every other one measures in the opposite order."
_ENDS = (
    "Ours are timed from the POST until their end is recorded; our workers and API run idle beside the peers."
)
_CROWDS = (
    "The time of the provider calls is that of the plain script, in as many threads of one process; "
    "what Tenantry takes beyond it is compared with empty workflows of the same shape."
)
