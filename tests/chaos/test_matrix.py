"""The matrix is whole, and what is known of its cases is kept."""

import json
import re
from pathlib import Path

from runtime.settings import ROOT
from tests.chaos import report, results, wire
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


def test_the_whole_harness_is_part_of_the_code() -> None:
    """A change of anything that the harness imports from tests makes all results unknown."""
    known = set(results.sources())
    imported = {
        module
        for file in known
        if file.is_relative_to(ROOT / "tests")
        for module in re.findall(r"^from (tests[.\w]+) import", file.read_text(), re.MULTILINE)
    }
    files = {ROOT / f"{module.replace('.', '/')}.py" for module in imported}
    assert files - {ROOT / "tests/chaos.py"} <= known


def test_results_of_other_code_are_not_counted(tmp_path: Path) -> None:
    """A run goes on where an earlier one of the same code stopped."""
    file = tmp_path / "results.jsonl"
    known = Results(file)
    known.add(Result("SignupTenant/database/throttled", converged=True))
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
