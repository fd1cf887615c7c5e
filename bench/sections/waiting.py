"""Sign-ups where things take their time: a tenth of what was seen in a real cloud."""

from collections.abc import Sequence

from bench.figures import Figure, Section, Target
from bench.polls import polls
from bench.stage import BenchStage, running_stack
from catalog import load_catalog
from devstack.profiles import PROFILES, Profile
from domain.blueprint import StepKind
from runtime.settings import Settings

PROFILE = "tenth"
AT_ONCE = 10
CROWDS = 2


def measure() -> Section:
    longest = longest_chain(PROFILES[PROFILE])
    values: list[float] = []
    looks: list[float] = []
    with running_stack(PROFILE) as stack, BenchStage(stack) as stage:
        stage.warm_up()
        for _ in range(CROWDS):
            crowd = stage.crowd(AT_ONCE).all_succeeded()
            values += [seconds / longest for seconds in crowd.seconds]
            looks += polls(stack.temporal.address, f"{StepKind.DATABASE}.await_ready", crowd.views)
    return Section(
        "Waiting for a cloud",
        [
            Figure(
                "signup-delays",
                "sign-up, wall time",
                f"the longest chain of delays, {longest:.0f} s",
                "times",
                tuple(values),
                Target("≤", 1.10),
            ),
            Figure("polls", "polls of a slow database", "", "", tuple(looks), Target("≤", 25)),
        ],
        [
            f"{CROWDS} times {AT_ONCE} sign-ups at once; database 30 s, load balancer 6 s, pods 2 s.",
            "The engine is told to expect just that, as an installation is by its settings.",
            "Looks at a database are spaced by what it usually takes, so one of 300 s takes about as many.",
        ],
    )


def longest_chain(profile: Profile) -> float:
    """Seconds that a sign-up of plan `team` must wait for its provider, whoever makes the calls."""
    settings = Settings()
    catalog = load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
    steps = catalog.blueprint_of("team").model.steps
    ends: dict[str, float] = {}
    for step in steps:  # in an order in which each comes after what it needs
        begin = max((ends[name] for name in step.needs), default=0.0)
        ends[step.name] = begin + _delay(step.kind, step.name, profile)
    return max(ends.values())


def _delay(kind: StepKind, name: str, profile: Profile) -> float:
    if kind is StepKind.DATABASE:
        return profile.database
    workloads: dict[str, Sequence[float]] = {
        "auth": (profile.pods,),
        "proxy": (profile.pods, profile.load_balancer),
    }
    return max(workloads.get(name, (0.0,)))
