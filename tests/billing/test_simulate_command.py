"""`tenantry billing simulate`: what it prints and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.connection import ROOT
from cli.main import main

EXAMPLES = ROOT / "examples" / "billing"
Simulate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Simulate:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["tenantry", "billing", "simulate", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        streams = capsys.readouterr()
        return code, streams.out, streams.err

    return run


def test_json_is_one_document_of_the_agreed_form(simulate: Simulate) -> None:
    """Exactly the agreed fields, instants in UTC with Z, no numbers given."""
    code, printed, said = simulate(str(EXAMPLES / "change.yaml"), "--json")
    assert (code, said) == (0, "")
    document = json.loads(printed)
    assert list(document) == ["invoices"]
    for invoice in document["invoices"]:
        assert list(invoice) == ["number", "kind", "period", "status", "lines", "total_minor", "currency"]
        assert invoice["number"] is None
        assert list(invoice["period"]) == ["from", "to"]
        assert invoice["total_minor"] == sum(line["amount_minor"] for line in invoice["lines"])
        for line in invoice["lines"]:
            fields = ["key", "description", "from", "to", "quantity", "amount_minor", "corrects"]
            assert list(line) == fields
            assert line["from"].endswith("Z")
            assert isinstance(line["quantity"], str)
            assert isinstance(line["amount_minor"], int)


def test_people_read_a_table_with_the_arithmetic(simulate: Simulate) -> None:
    """Each line says how it came about."""
    code, printed, _ = simulate(str(EXAMPLES / "arrears.yaml"))
    assert code == 0
    assert "14 of 31 days × €100.00" in printed
    assert "€45.16" in printed


def test_a_wrong_file_exits_with_2_and_names_every_field(simulate: Simulate, tmp_path: Path) -> None:
    """Nothing on stdout; file and wrong fields on stderr."""
    file = tmp_path / "wrong.yaml"
    file.write_text("currency: EURO\nplans: {team: {period: daily}}\nsubscription: {plan: team}\n")
    code, printed, said = simulate(str(file), "--json")
    assert (code, printed) == (2, "")
    for path in ("wrong.yaml", "currency:", "plans.team.period:", "subscription.start:", "as_of:"):
        assert path in said


def test_a_missing_file_exits_with_2(simulate: Simulate, tmp_path: Path) -> None:
    """It is wrong usage, said in a sentence."""
    code, printed, said = simulate(str(tmp_path / "none.yaml"))
    assert (code, printed) == (2, "")
    assert "No such file" in said


def test_events_that_do_not_count_are_told(simulate: Simulate, tmp_path: Path) -> None:
    """They cost the good ones nothing, and stdout stays one document."""
    file = tmp_path / "scenario.yaml"
    file.write_text("""
currency: EUR
plans: {team: {period: monthly, meters: {calls: {aggregate: sum, model: unit, unit: "1"}}}}
subscription: {plan: team, start: "2024-01-01T00:00:00Z"}
usage:
  - {id: a, meter: calls, at: "2024-01-02T00:00:00Z", value: 1}
  - {id: a, meter: calls, at: "2024-01-02T00:00:00Z", value: 2}
  - {id: b, meter: calls, at: "2024-01-02T00:00:00Z", value: 4, received: "2024-03-02T00:00:00Z"}
  - {id: c, meter: calls, at: "2024-01-02T00:06:00Z", value: 8, received: "2024-01-02T00:00:00Z"}
as_of: "2024-04-01T00:00:00Z"
""")
    code, printed, said = simulate(str(file), "--json")
    assert code == 0
    assert [invoice["total_minor"] for invoice in json.loads(printed)["invoices"]] == [100]
    assert [line.split()[1] for line in said.splitlines()] == ["a", "c", "b"]


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_example_plays(simulate: Simulate, file: Path) -> None:
    """What comes with the code can be run."""
    code, printed, said = simulate(str(file), "--json")
    assert (code, said) == (0, "")
    assert json.loads(printed)["invoices"]
