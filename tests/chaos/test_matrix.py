"""The matrix is whole, and what is known of its cases is kept."""

import json
from pathlib import Path

from tests.chaos import report, wire
from tests.chaos.blueprint import steps
from tests.chaos.matrix import all_cases, chosen
from tests.chaos.play import Result
from tests.chaos.results import Results


def test_it_is_large_and_each_case_has_a_name_of_its_own() -> None:
    """At least 600 cases, each found by its name."""
    names = [case.name for case in all_cases()]
    assert len(names) == len(set(names)) >= 600
    assert [case.name for case in chosen(["SignupTenant/database/throttled"])] == [
        "SignupTenant/database/throttled"
    ]


def test_every_step_meets_its_provider_somewhere() -> None:
    """A new step or kind of the blueprint is in the matrix, or this fails."""
    for step in steps():
        if step.kind == "kubernetes":
            assert step.name in wire.OBJECTS
        else:
            assert step.kind in wire.MAKES.keys() & wire.TOUCHES.keys() & wire.REMOVES.keys()


def test_results_of_other_code_are_not_counted(tmp_path: Path) -> None:
    """A run goes on where an earlier one of the same code stopped."""
    file = tmp_path / "results.jsonl"
    results = Results(file)
    results.add(Result("SignupTenant/database/throttled", converged=True))
    with file.open("a") as lines:
        lines.write(json.dumps({"code": "other", "case": "SignupTenant/dns/throttled"}) + "\n")
    again = Results(file)
    again.resume()
    assert list(again.known) == ["SignupTenant/database/throttled"]
    assert again.known["SignupTenant/database/throttled"].well


def test_the_table_replaces_only_itself(tmp_path: Path) -> None:
    """What people wrote on the page stays."""
    page = tmp_path / "chaos.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write_page([Result("SignupTenant/database/throttled", converged=True)], page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| throttled |" in text
