"""The graph of a blueprint's steps, and the parameters of each kind."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.blueprint import Blueprint, Step, StepKind
from domain.specs import OUTPUTS, SPECS, BucketSpec, spec_of


def blueprint(*steps: tuple[str, list[str]]) -> Blueprint:
    return Blueprint.model_validate(
        {
            "name": "any",
            "version": 1,
            "title": "Any",
            "components": [],
            "steps": [
                {"name": name, "kind": "bucket", "title": name, "needs": needs} for name, needs in steps
            ],
        }
    )


def test_before_is_everything_that_is_finished() -> None:
    """What is finished when a step starts is what it needs, and what those need, and nothing else."""
    model = blueprint(("aa", []), ("bb", ["aa"]), ("cc", []), ("dd", ["bb"]), ("ee", ["dd", "cc"]))
    assert model.before("aa") == set()
    assert model.before("dd") == {"aa", "bb"}
    assert model.before("ee") == {"aa", "bb", "cc", "dd"}


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([("aa", []), ("aa", [])], "step 'aa' is listed twice"),
        ([("aa", ["bb"]), ("bb", [])], "step 'aa' needs bb, not listed before it"),
        ([("aa", ["aa"])], "step 'aa' needs aa"),
        ([], "at least 1 item"),
        ([("Upper", [])], "should match pattern"),
        ([("double--hyphen", [])], "should match pattern"),
        ([("x" * 41, [])], "at most 40 characters"),
    ],
)
def test_steps_form_a_graph_in_order(steps: list[tuple[str, list[str]]], message: str) -> None:
    """Repeated, missing and later needs, and names that no provider takes, are refused."""
    with pytest.raises(ValidationError, match=message):
        blueprint(*steps)


def test_an_unknown_step_is_an_error() -> None:
    """A name that no step has is never answered with another step."""
    with pytest.raises(KeyError, match="zz"):
        blueprint(("aa", [])).step("zz")


def test_every_kind_has_its_parameters() -> None:
    """Each kind of step has a model for its spec, and outputs are promised only by kinds that exist."""
    assert set(SPECS) == set(StepKind)
    assert set(OUTPUTS) <= set(StepKind)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("bucket", {"archive_after_days": 0}),
        ("secret", {"length": 8}),
        ("database_parameters", {"family": "mysql8"}),
        ("database", {}),
        ("role", {"policy": "p.json", "trust": "everyone"}),
        ("pod_identity", {"role": "r"}),
        ("dns", {"target": "proxy.load_balancer", "ttl_seconds": 0}),
        ("kubernetes", {"folder": "f", "extra": True}),
    ],
)
def test_wrong_parameters_are_refused(kind: str, spec: dict[str, Any]) -> None:
    """A spec that its kind does not take is an error when the blueprint is loaded."""
    step = Step.model_validate({"name": "step", "kind": kind, "title": "Step", "spec": spec})
    with pytest.raises(ValidationError):
        spec_of(step)


def test_parameters_have_defaults() -> None:
    """A bucket needs no parameters: recordings are archived after 90 days."""
    step = Step.model_validate({"name": "files", "kind": "bucket", "title": "Files"})
    assert spec_of(step) == BucketSpec(archive_after_days=90, expire_versions_after_days=30)
