"""meters.yaml: what is shipped, and mistakes in it, all found at once and each with its place."""

from pathlib import Path

import pytest

from catalog.meters import load_meters
from domain.billing.prices import Aggregate
from domain.errors import CatalogError
from domain.metering.meters import dials
from tests.catalog.samples import ROOT


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "meters.yaml"
    file.write_text(text)
    with pytest.raises(CatalogError) as raised:
        load_meters(file)
    return raised.value.problems


def test_the_meters_of_teleport() -> None:
    """Active users are counted once each; protected resources are averaged over time, kind by kind."""
    meters = load_meters(ROOT / "meters.yaml")
    assert {
        name: (meter.aggregate, meter.key, meter.value, meter.group_by) for name, meter in meters.items()
    } == {
        "monthly_active_users": (Aggregate.UNIQUE, "user", None, ()),
        "protected_resources": (Aggregate.WEIGHTED, None, "count", ("kind",)),
    }


def test_meters_of_one_type_of_event(tmp_path: Path) -> None:
    """Any number of meters may count the same events; filters take one value or several."""
    file = tmp_path / "meters.yaml"
    file.write_text(
        "all: {title: All, event: call, aggregate: count}\n"
        "some: {title: Some, event: call, aggregate: sum, value: size.bytes,"
        " where: {verb: [get, put], free: false, level: 3}}\n"
    )
    meters = load_meters(file)
    assert [dial.name for dial in dials(meters.values())["call"]] == ["all", "some"]
    assert meters["some"].where == {"verb": ("get", "put"), "free": ("false",), "level": ("3",)}


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Every meter's wrong fields are listed together, each by its path."""
    found = problems(
        tmp_path,
        "fee: {title: Fee, event: e, aggregate: count}\n"
        "a: {title: A, event: e, aggregate: median}\n"
        "b: {title: B, event: e, aggregate: unique}\n"
        "c: {title: C, event: e, aggregate: count, value: size}\n"
        "d: {title: D, event: e, aggregate: sum, value: $.size}\n"
        "e: {title: E, event: e, aggregate: count, group_by: [k, k]}\n"
        "f: {title: F, event: e, aggregate: count, where: {k: 1.5}}\n"
        "g: {title: G, event: e, aggregate: count, filter: {k: 1}}\n"
        "h: {title: '', aggregate: count}\n",
    )
    places = [problem.removeprefix("meters.yaml: ").split(":")[0] for problem in found]
    assert places == [
        "fee.name",
        "a.aggregate",
        "b.key",
        "c.value",
        "d.value",
        "e.group_by",
        "f.where.k",
        "g.filter",
        "h.title",
        "h.event",
    ]
    assert found[2:4] == [
        "meters.yaml: b.key: missing; 'unique' needs it",
        "meters.yaml: c.value: 'count' takes none",
    ]


def test_what_is_no_file_of_meters(tmp_path: Path) -> None:
    """A missing file, a repeated key and a list are told as in the other files."""
    with pytest.raises(CatalogError, match="cannot be read"):
        load_meters(tmp_path / "none.yaml")
    assert problems(tmp_path, "a: {}\na: {}\n") == ["meters.yaml:2: key 'a' is repeated"]
    assert problems(tmp_path, "[]") == ["meters.yaml: expected one mapping"]
