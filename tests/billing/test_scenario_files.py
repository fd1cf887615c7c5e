"""Scenario files: what is wrong is refused with the path of every wrong field, at once."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.scenario import ScenarioError, read_scenario, scenario_of
from catalog.strict_yaml import parse_all
from domain.billing.simulation import simulate
from tests.billing.plays import scenario

GOOD = """
timezone: Europe/Paris
currency: EUR
grace: 12h
runs: hourly
plans:
  team:
    period: monthly
    fee: {amount: "100.00", charge: advance}
    suspended_factor: "1"
    minimum: "0"
    meters:
      mau: {aggregate: unique, model: graduated, included: 0,
            tiers: [{up_to: 5, flat: "100"}, {up_to: null, unit: "1"}]}
      calls: {aggregate: sum, model: package, size: 10, price: "100.00", included: 10}
  business: {period: monthly, fee: {amount: "300.00", charge: advance}}
subscription: {plan: team, quantity: 1, start: "2024-01-31T00:00:00Z"}
changes:
  - {at: "2024-02-25T00:00:00Z", plan: business}
  - {at: "2024-03-10T00:00:00Z", suspend: true}
credits: [{at: "2024-02-10T00:00:00Z", amount: "20.00", reason: outage}]
discounts: [{from: "2024-03-01T00:00:00Z", to: null, percent: "10"}]
usage:
  - {id: e1, source: cell-1, meter: mau, at: "2024-02-01T10:00:00Z", value: 1, key: user-7}
as_of: "2024-05-01T00:00:00Z"
"""


DECIMAL = 'write a decimal number, such as "12.50", with at most 24 digits on either side'
WHOLE = "write a whole number, from 0 to 999999999"
INSTANT = 'write an instant with Z or an offset, such as "2024-01-31T00:00:00Z"'
ZONE = "is not a time zone, such as Europe/Paris"
NAME = "must be a letter, then letters, digits, - or _"
TAKEN = "a meter must not be called so: lines of the plan itself are"
NAMED = "name what changes: plan, quantity, suspend, resume, end, restore"
KINDS = "must be 'weekly', 'monthly', 'quarterly' or 'yearly'"
MODELS = "must be 'unit', 'package', 'graduated', 'volume'"
AGGREGATES = "must be 'sum', 'count', 'max', 'last', 'unique' or 'weighted'"
RISING = "must be above that of the tier before it"
GONE = "a tenant that has ended has none before it is restored"
VALUED = 'mau, at: "2024-02-01T10:00:00Z", value: 1,'
ON_START = "2024-01-31T00:00:00Z"
MAU = "plans.team.meters.mau"


def problems(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        scenario(text)
    return caught.value.problems


def changed(*replacements: tuple[str, str]) -> str:
    text = GOOD
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_a_good_file_is_read() -> None:
    """Every section that there is, with numbers as they were written."""
    found = scenario(GOOD)
    assert [segment.price.plan for segment in found.account.segments] == ["team", "business", "business"]
    assert found.account.zone.key == "Europe/Paris"
    assert str(found.account.first_price.meters["calls"].included) == "10"


def test_unquoted_decimals_are_what_was_written() -> None:
    """0.1 in a file is a tenth, not the float next to it."""
    found = scenario(changed(('"20.00"', "0.1")))
    assert str(found.account.one_offs[0].amount) == "0.1"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Europe/Paris", "Mars/Olympus", f"timezone: 'Mars/Olympus' {ZONE}"),
        ("Europe/Paris", "Europe", f"timezone: 'Europe' {ZONE}"),
        ("Europe/Paris", "../etc/passwd", f"timezone: '../etc/passwd' {ZONE}"),
        ("Europe/Paris", "null", "timezone: write the name of a time zone, such as Europe/Paris"),
        ("EUR", "[EUR]", "currency: write a currency's code, such as EUR"),
        ("EUR", "EURO", "currency: 'EURO' is not a currency of ISO 4217 that amounts can be charged in"),
        ("12h", "soon", "grace: write a number with s, m, h or d, such as 12h"),
        ("12h", "12", "grace: write a number with s, m, h or d, such as 12h"),
        ("12h", "-1h", "grace: write a number with s, m, h or d, such as 12h"),
        ("hourly", "daily", "runs: write hourly, or a list of instants"),
        ("hourly", "[noon]", f"runs.0: {INSTANT}"),
        ("period: monthly\n", "period: daily\n", f"plans.team.period: {KINDS}"),
        ("    period: monthly\n", "", "plans.team.period: is missing"),
        ('"100.00", charge', '"-1", charge', "plans.team.fee.amount: must be at least 0"),
        ('"100.00", charge', '"1e3", charge', f"plans.team.fee.amount: {DECIMAL}"),
        ('"100.00", charge', 'nan, charge', f"plans.team.fee.amount: {DECIMAL}"),
        ('"100.00", charge', 'true, charge', f"plans.team.fee.amount: {DECIMAL}"),
        ("advance}\n    s", "later}\n    s", "plans.team.fee.charge: must be 'advance' or 'arrears'"),
        ("minimum", "minimun", "plans.team.minimun: is not known here"),
        ("model: graduated", "model: stairs", f"{MAU}.model: {MODELS}"),
        ("model: graduated, ", "", f"{MAU}.model: is missing"),
        ("aggregate: unique", "aggregate: mean", f"{MAU}.aggregate: {AGGREGATES}"),
        ("up_to: 5", "up_to: none", f"{MAU}.tiers.0.up_to: {DECIMAL}"),
        ("up_to: null", "up_to: 4", f"{MAU}.tiers.1.up_to: the last tier, and only that, has up_to: null"),
        ("up_to: 5", "up_to: null", f"{MAU}.tiers.0.up_to: the last tier, and only that, has up_to: null"),
        ("{up_to: null", "{up_to: 4}, {up_to: null", f"{MAU}.tiers.1.up_to: {RISING}"),
        ('[{up_to: 5, flat: "100"}, {up_to: null, unit: "1"}]', "[]", f"{MAU}.tiers: must not be empty"),
        ("size: 10", "size: 0", "plans.team.meters.calls.size: must be more than 0"),
        ("      calls:", "      fee:", f"plans.team.meters.fee: {TAKEN}"),
        ("      calls:", "      a/b:", f"plans.team.meters.a/b: {NAME}"),
        ("plan: team, ", "plan: tame, ", "subscription.plan: there is no plan 'tame'"),
        ("quantity: 1,", "quantity: -1,", f"subscription.quantity: {WHOLE}"),
        ("quantity: 1,", "quantity: 1.5,", f"subscription.quantity: {WHOLE}"),
        (ON_START, "2024-01-31", f"subscription.start: {INSTANT}"),
        (ON_START, "2024-01-31T00:00:00", f"subscription.start: {INSTANT}"),
        (
            ON_START,
            "2024-02-31T00:00:00Z",
            "subscription.start: there is no such instant: day is out of range for month",
        ),
        (ON_START, "9999-12-31T00:00:00Z", "subscription.start: write an instant of the years 1970 to 2199"),
        ("plan: business}", "plan: busyness}", "changes.0.plan: there is no plan 'busyness'"),
        ("plan: business}", "}", f"changes.0: {NAMED}"),
        ("plan: business}", "end: true, suspend: true}", "changes.0: suspend and end exclude each other"),
        ("suspend: true", "suspend: false", "changes.1.suspend: must be true"),
        ("suspend: true", "resume: true", "changes.1.resume: only a suspended tenant can be resumed"),
        ("suspend: true", "restore: true", "changes.1.restore: only a tenant that has ended can be restored"),
        ("2024-03-10", "2024-02-20", "changes.1.at: must not be before the change before it"),
        ("2024-02-25", "2024-01-25", "changes.0.at: must not be before the start"),
        ('"20.00"', '"-20.00"', "credits.0.amount: must be at least 0"),
        ('percent: "10"', 'percent: "101"', "discounts.0.percent: must be at most 100"),
        ("to: null, p", 'to: "2024-02-01T00:00:00Z", p', "discounts.0.to: must be after from"),
        ("meter: mau", "meter: mao", "usage.0.meter: no plan has a meter 'mao'"),
        (", key: user-7", "", "usage.0.key: is missing; 'mau' counts unique keys"),
        (VALUED, "calls, at: \"2024-02-01T10:00:00Z\",", "usage.0.value: is missing; 'calls' goes by values"),
        ("key: user-7", 'key: ""', "usage.0.key: must not be empty"),
        ("reason: outage", r'reason: "\e[31mred"', "credits.0.reason: must hold no control characters"),
        ("  business:", "  null: {}\n  business:", "plans.None: a plan's name must be text"),
        ("suspend: true", "end: true, quantity: 2", f"changes.1.quantity: {GONE}"),
        ("value: 1,", "value: lots,", f"usage.0.value: {DECIMAL}"),
        ("id: e1, ", "", "usage.0.id: is missing"),
        ('as_of: "2024-05-01T00:00:00Z"', "", "as_of: is missing"),
        ("currency: EUR\n", "", "currency: is missing"),
        ("currency: EUR\n", "currency: EUR\ncolour: red\n", "colour: is not known here"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_by_its_path(old: str, new: str, problem: str) -> None:
    """One thing wrong, one line that says where and what."""
    assert problems(changed((old, new))) == [problem]


def test_every_wrong_field_is_named_at_once() -> None:
    """Nobody mends a file line by line, running it each time."""
    text = changed(
        ("Europe/Paris", "Mars/Olympus"),
        ('"100.00", charge', '"-1", charge'),
        ("size: 10", "size: 0"),
        ("plan: team, ", "plan: tame, "),
        ("plan: business}", "plan: busyness}"),
        ('"20.00"', "lots"),
        ("meter: mau", "meterr: mau"),
    )
    assert [problem.partition(":")[0] for problem in problems(text)] == [
        "timezone",
        "plans.team.fee.amount",
        "plans.team.meters.calls.size",
        "credits.0.amount",
        "usage.0.meter",
        "usage.0.meterr",
        "subscription.plan",
        "changes.0.plan",
    ]


def test_what_is_wrong_in_one_place_hides_nothing_in_another() -> None:
    """Usage is held against broken plans, and changes against broken ones before them and a broken start."""
    text = changed(
        (ON_START, "2024-01-31"),
        ('"100.00", charge', '"-1", charge'),
        ("plan: business}", "plan: business, quantity: some}"),
        ("suspend: true}", 'resume: true}\n  - {at: "2024-03-09T00:00:00Z", restore: true}'),
        ("meter: mau", "meter: mao"),
    )
    assert [problem.partition(":")[0] for problem in problems(text)] == [
        "subscription.start",
        "plans.team.fee.amount",
        "changes.0.quantity",
        "changes.1.resume",
        "changes.2.at",
        "changes.2.restore",
        "usage.0.meter",
    ]


@pytest.mark.parametrize(
    "fields",
    [{}, {"plans": []}, {"plans": {"team": None}}, {"changes": {}}, {"usage": "none"}, {"subscription": []}],
)
def test_sections_of_the_wrong_shape_are_named(fields: dict[str, Any]) -> None:
    """A section that is no list, or no mapping, is wrong as a whole; nothing crashes on it."""
    with pytest.raises(ScenarioError) as caught:
        scenario_of(fields)
    for name in fields or ["plans"]:
        assert any(problem.startswith(name) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: [", "line 2: while parsing a flow node"),
        (b"currency: EUR\ncurrency: USD\n", "line 2: key 'currency' is repeated"),
        (b"", "file: must be one mapping of fields"),
        (b"- 1\n", "file: must be one mapping of fields"),
        (b"a: 1\n---\nb: 2\n", "file: must be one mapping of fields"),
        (b"\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    """Broken YAML is said with its line, anything else in a sentence."""
    file = tmp_path / "scenario.yaml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        read_scenario(file)
    assert problem in caught.value.problems[0]


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """With its name and the system's reason."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(tmp_path / "nothing.yaml")
    assert "nothing.yaml: cannot be read: No such file or directory" in caught.value.problems[0]


def test_instants_may_have_offsets() -> None:
    """An offset is as good as Z; everything is kept in UTC."""
    found = scenario(changed(("2024-01-31T00:00:00Z", "2024-01-31T01:00:00+01:00")))
    assert found.account.start.isoformat() == "2024-01-31T00:00:00+00:00"


def test_other_yaml_files_keep_their_numbers() -> None:
    """Only scenarios are read with numbers as text."""
    assert parse_all("a: 1\nb: 0.5") == [{"a": 1, "b": 0.5}]
    assert parse_all("a: 1\nb: 0.5", numbers_as_text=True) == [{"a": "1", "b": "0.5"}]


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(["", "0", "-1", "1e9", "x", "2024-01-01T00:00:00Z", "hourly", "sum"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.none() | st.sampled_from("ab"), inner, max_size=3)
    ),
    max_leaves=6,
)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, value in items for found in _paths(value, (*path, key)))]


@settings(max_examples=200)
@given(st.data())
def test_no_file_crashes_it(data: st.DataObject) -> None:
    """Whatever stands where: the file is read, or refused with paths."""
    fields = parse_all(GOOD, numbers_as_text=True)[0]
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from([path for path in _paths(fields) if path]))
        node = fields
        for key in path:
            node = node[key]
        node[last] = data.draw(JUNK)
    problems = ["file: sound"]
    try:
        simulate(scenario_of(fields))
    except ScenarioError as error:
        problems = error.problems
    assert problems
    assert all(": " in problem for problem in problems)
