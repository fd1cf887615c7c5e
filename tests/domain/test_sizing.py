"""From users and things to sizes: the table in the docs, and laws that hold for any plan and any target."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import load_catalog
from domain.plans import (
    ComponentPlan,
    DatabasePlan,
    DatabaseStep,
    LoadWeights,
    Plan,
    ResourceCounts,
    Target,
    UserRange,
)
from domain.sizing import Sizes, load_of, size
from runtime.settings import ROOT

CATALOG = load_catalog(ROOT / "plans.yaml", ROOT / "cells.yaml", ROOT / "blueprints")
PLANS = CATALOG.plans

TABLE_USERS = {
    "team": (1, 50, 80, 120, 200),
    "business": (1, 250, 500, 1_000, 2_000),
    "enterprise": (1, 1_000, 5_000, 20_000, 50_000),
}
TABLE_HEAD = ["plan", "users", "auth", "proxy", "database", "disk", "CPU", "CPU at most"]

counts = st.integers(0, 1_000_000)
resource_counts = st.builds(
    ResourceCounts, servers=counts, databases=counts, applications=counts, clusters=counts
)
plan_names = st.sampled_from(sorted(PLANS))
growth = st.integers(0, 10_000)


def sizes(plan: str, users: int, resources: ResourceCounts | None = None) -> Sizes:
    return size(PLANS[plan], Target(plan=plan, users=users, resources=resources or ResourceCounts()))


def never_smaller(small: Sizes, large: Sizes) -> bool:
    components = all(
        small.components[name].replicas <= component.replicas for name, component in large.components.items()
    )
    if small.database is None or large.database is None:
        return components and small.database is large.database
    return components and small.database.storage_gib <= large.database.storage_gib


@given(plan_names, st.integers(1, 900_000), growth, resource_counts)
def test_more_users_never_get_less(plan: str, users: int, more: int, resources: ResourceCounts) -> None:
    """Adding users to a target of a plan makes nothing smaller."""
    assert never_smaller(sizes(plan, users, resources), sizes(plan, users + more, resources))


@given(
    plan_names,
    st.integers(1, 50_000),
    st.lists(st.integers(0, 900_000), min_size=4, max_size=4),
    st.sampled_from(["servers", "databases", "applications", "clusters"]),
    growth,
)
def test_more_things_never_get_less(plan: str, users: int, start: list[int], kind: str, more: int) -> None:
    """Adding things of any kind to a target of a plan makes nothing smaller."""
    names = ("servers", "databases", "applications", "clusters")
    before = ResourceCounts(**dict(zip(names, start, strict=True)))
    after = before.model_copy(update={kind: getattr(before, kind) + more})
    assert never_smaller(sizes(plan, users, before), sizes(plan, users, after))


@given(plan_names, st.integers(1, 1_000_000), resource_counts)
def test_sizes_stay_within_the_plan(plan: str, users: int, resources: ResourceCounts) -> None:
    """Whatever is asked for, replicas stay within the plan's bounds and the quota holds them."""
    found = sizes(plan, users, resources)
    for name, component in found.components.items():
        bounds = PLANS[plan].components[name]
        assert bounds.min_replicas <= component.replicas <= bounds.max_replicas == component.max_replicas
    assert found.quota_pods > sum(component.max_replicas for component in found.components.values())
    assert found.quota_cpu_millis > sum(c.max_replicas * c.cpu_millis for c in found.components.values())
    assert found.quota_memory_mib > sum(c.max_replicas * c.memory_mib for c in found.components.values())


@given(st.integers(1, 1_000_000), resource_counts)
def test_load_is_rounded_up(users: int, resources: ResourceCounts) -> None:
    """Part of a user's worth of load counts as a whole one, so nothing is sized for less than it is."""
    weights = LoadWeights(user=1000, server=333, database=1, application=7, cluster=999)
    load = load_of(users, resources, weights)
    exact = (
        users * 1000
        + resources.servers * 333
        + resources.databases
        + resources.applications * 7
        + resources.clusters * 999
    )
    assert (load - 1) * 1000 < exact <= load * 1000


def test_each_kind_of_thing_weighs_what_the_plan_says() -> None:
    """100 servers, 50 databases, 50 applications and 10 clusters each weigh as much as 5 users."""
    weights = LoadWeights()
    for things in ({"servers": 100}, {"databases": 50}, {"applications": 50}, {"clusters": 10}):
        assert load_of(1, ResourceCounts(**things), weights) == 6


def test_a_team_can_grow_twice_in_a_day() -> None:
    """From 50 to 80 to 120 users something grows, and never the disk, which RDS changes once in 6 hours."""
    steps = [sizes("team", users) for users in (50, 80, 120)]
    for before, after in pairwise(steps):
        assert before != after
        assert before.database is not None
        assert after.database is not None
        assert before.database.storage_gib == after.database.storage_gib


def test_plans_are_moved_up_without_a_smaller_disk() -> None:
    """Any plan with a database starts with at least the disk of the largest tenant of the plan below it."""
    for lower, upper in pairwise(["team", "business"]):
        small, large = PLANS[lower].database, PLANS[upper].database
        assert small is not None
        assert large is not None
        assert small.ladder[-1].storage_gib <= large.ladder[0].storage_gib


def rung(load: int, storage: int) -> DatabaseStep:
    return DatabaseStep(load=load, instance_class="db.t4g.small", storage_gib=storage)


@pytest.mark.parametrize(
    ("load", "storage"), [(1, 20), (10, 20), (11, 40), (20, 40), (21, 80), (1_000_000, 80)]
)
def test_the_ladder_is_climbed_at_its_loads(load: int, storage: int) -> None:
    """A rung carries its load to the last user; beyond the last rung the last one stays."""
    plan = Plan(
        name="plan",
        title="Plan",
        blueprint="any",
        users=UserRange(max=1_000_000),
        components={
            "app": ComponentPlan(
                min_replicas=1, max_replicas=3, load_per_replica=10, cpu_millis=1, memory_mib=1
            )
        },
        database=DatabasePlan(ladder=[rung(10, 20), rung(20, 40), rung(30, 80)]),
    )
    database = size(plan, Target(plan="plan", users=load)).database
    assert database is not None
    assert database.storage_gib == storage


def test_the_table_in_the_docs_is_true() -> None:
    """docs/sizing.md shows what sizing computes for the shipped plans, to the last cell."""
    document = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
    shown = [
        line
        for line in document.splitlines()
        if line.startswith("| ") and line.count("|") == len(TABLE_HEAD) + 1
    ]
    assert shown == table()


def table() -> list[str]:
    """The table as Markdown; print it to bring the docs up to date after a change of plans.yaml."""
    rows = [TABLE_HEAD, ["---"] * len(TABLE_HEAD)]
    rows += [_row(plan, users) for plan, several in TABLE_USERS.items() for users in several]
    return [f"| {' | '.join(row)} |" for row in rows]


def _row(plan: str, users: int) -> list[str]:
    found = sizes(plan, users)
    auth, proxy = found.components["auth"], found.components["proxy"]
    assert found.database is not None
    cpu = auth.replicas * auth.cpu_millis + proxy.replicas * proxy.cpu_millis
    most = auth.replicas * auth.cpu_millis + proxy.max_replicas * proxy.cpu_millis
    return [
        plan,
        f"{users:,}",
        f"{auth.replicas} x {auth.cpu_millis}m, {auth.memory_mib} MiB",
        f"{proxy.replicas} to {proxy.max_replicas} x {proxy.cpu_millis}m, {proxy.memory_mib} MiB",
        found.database.instance_class,
        f"{found.database.storage_gib} GiB",
        f"{cpu / 1000:g}",
        f"{most / 1000:g}",
    ]


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201 - run by hand to renew the docs
