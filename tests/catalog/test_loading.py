"""The catalog that is shipped, and a product added to it."""

import shutil
from pathlib import Path

import pytest
import yaml

from catalog import Catalog, load_catalog
from catalog.strict_yaml import YamlError, parse_all
from tests.catalog.samples import ROOT, objects_of, tenant_of


def test_plans_are_sold_in_their_ranges(catalog: Catalog) -> None:
    """The plans' names, user ranges and blueprints are those that are documented."""
    assert {
        name: (plan.users.min, plan.users.max, plan.blueprint) for name, plan in catalog.plans.items()
    } == {
        "team": (1, 200, "teleport"),
        "business": (1, 2_000, "teleport"),
        "enterprise": (1, 50_000, "teleport"),
        "echo": (1, 1_000, "echo"),
    }


def test_cells_are_found_by_region(catalog: Catalog) -> None:
    """Each region of the demo has one cell, and a region without a cell has none."""
    regions = ("us-east-1", "eu-west-1", "us-west-2", "ap-south-1")
    assert [[cell.name for cell in catalog.cells_of(region)] for region in regions] == [
        ["use1"],
        ["euw1"],
        ["usw2"],
        [],
    ]


def test_an_unknown_plan_has_no_blueprint(catalog: Catalog) -> None:
    """Asking for the blueprint of a plan that is not sold is an error."""
    with pytest.raises(KeyError):
        catalog.blueprint_of("gold")


def test_a_new_product_is_a_folder_and_a_plan(tmp_path: Path) -> None:
    """A folder with another blueprint and a plan that names it are sold and rendered without any new code."""
    blueprints = tmp_path / "blueprints"
    shutil.copytree(ROOT / "blueprints" / "echo", blueprints / "ping")
    model = blueprints / "ping" / "blueprint.yaml"
    model.write_text(model.read_text().replace("name: echo", "name: ping"))
    plans = tmp_path / "plans.yaml"
    plan = yaml.safe_load((ROOT / "plans.yaml").read_text())["echo"]
    plans.write_text(yaml.safe_dump({"basic": plan | {"blueprint": "ping"}}))

    catalog = load_catalog(plans, ROOT / "cells.yaml", blueprints)

    kinds = [item["kind"] for item in objects_of(catalog, tenant_of(catalog, "basic"))]
    assert kinds == [
        "Namespace",
        "ResourceQuota",
        "NetworkPolicy",
        "ServiceAccount",
        "Deployment",
        "Service",
    ]


def test_yaml_keeps_dates_as_they_are_written() -> None:
    """A date in a manifest stays the text that Kubernetes expects."""
    assert parse_all("date: 2030-01-01\n") == [{"date": "2030-01-01"}]


def test_yaml_names_every_repeated_key() -> None:
    """All keys given twice are reported with their lines, nested ones too; a merge is no repetition."""
    with pytest.raises(YamlError) as raised:
        parse_all("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert [(problem.line, problem.message) for problem in raised.value.problems] == [
        (5, "key 'a' is repeated"),
        (4, "key 'c' is repeated"),
    ]
    assert parse_all("base: &base {a: 1}\nmore: {<<: *base, a: 2}\n") == [
        {"base": {"a": 1}, "more": {"a": 2}}
    ]
