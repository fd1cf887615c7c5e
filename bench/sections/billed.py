"""What Temporal Cloud would bill, as the server counts it."""

from collections.abc import Mapping, Sequence

from bench.actions import ActionMeter
from bench.figures import Figure, Section, Target
from bench.schedules import AtRest, fire, firings, webhooks_a_month
from bench.stage import QUIET, BenchStage, running_stack
from devstack.stack import Stack
from runtime.settings import Settings
from worker.schedules import DRIFT

AT_REST = 10_000
"""Tenants of the installation of which one is shown."""
SHOWN = (100, 1_000, 10_000, 100_000)
ROUNDS = 5
SMALL_PAGES = {"TENANTRY_DRIFT_PAGE_SIZE": "1"}
LIMITS = {"sign-up": 30, "scale": 15, "teardown and removal": 30}


def measure() -> Section:
    with running_stack(settings={**QUIET, **SMALL_PAGES}) as stack, BenchStage(stack) as stage:
        stage.warm_up()
        meter = ActionMeter(stack)
        counted = [_life(stage, meter) for _ in range(ROUNDS)]
        costs = {name: fire(stack, name, meter) for name in firings(Settings())}
        rest = _at_rest(stack, stage, meter, costs)
    figures = [
        Figure(
            f"actions-{what.replace(' ', '-')}",
            f"Temporal Actions of a {what}",
            "",
            "",
            tuple(one[what] for one in counted),
            Target("≤", limit),
        )
        for what, limit in LIMITS.items()
    ]
    month = rest.per_tenant(AT_REST, Settings())
    at_rest = f"Temporal Actions of a month at rest, one of {AT_REST:,} tenants"
    figures.append(Figure("actions-rest", at_rest, "", "", (month,), Target("≤", 40)))
    return Section("Temporal Actions", figures, _notes(rest, costs))


def _life(stage: BenchStage, meter: ActionMeter) -> Mapping[str, float]:
    slug = stage.signup("team", "us-east-1").slug
    counted = {"sign-up": meter.taken().total()}
    stage.change(slug, "PATCH", "", {"users": 100})
    counted["scale"] = meter.taken().total()
    stage.change(slug, "DELETE", "?grace=0")
    counted["teardown and removal"] = meter.taken().total()
    return counted


def _at_rest(stack: Stack, stage: BenchStage, meter: ActionMeter, costs: Mapping[str, int]) -> AtRest:
    """Scans with pages of one tenant, of which there are some more than before."""
    more = 5
    for _ in range(more):
        stage.signup("team", "us-east-1")
    page = (fire(stack, DRIFT, meter) - costs[DRIFT]) / more
    settings = Settings()
    month = sum(costs[name] * count for name, count in firings(settings).items())
    return AtRest(month + webhooks_a_month(settings), page)


def _notes(rest: AtRest, costs: Mapping[str, int]) -> Sequence[str]:
    settings = Settings()
    told = ", ".join(f"{name} {count}" for name, count in costs.items())
    shares = ", ".join(f"{rest.per_tenant(tenants, settings):,.0f} with {tenants:,}" for tenants in SHOWN)
    return [
        "By the server's own counter, the queries of who watches included.",
        "A month at rest is one firing of each schedule, counted, times its firings in a month.",
        "Only that of webhooks is computed: its run goes on until the next firing.",
        f"Actions of one firing: {told}; {rest.page:.1f} more for each page that a scan for drift looks at.",
        f"An installation takes {rest.fixed:,.0f} a month by its schedules alone.",
        f"A tenant's share of a month is {shares} tenants.",
    ]
