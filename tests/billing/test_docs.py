"""docs/billing.md: every number in it comes from a run that anybody can repeat."""

import io
import re

import pytest
from rich.console import Console

from catalog.scenario import read_scenario
from cli.billing.shown import print_invoices
from cli.connection import ROOT
from domain.billing.simulation import simulate

DOCUMENT = (ROOT / "docs" / "billing.md").read_text(encoding="utf-8")
RUN = re.compile(r"```\n\$ tenantry billing simulate (?P<file>\S+)\n(?P<shown>.*?)\n```", re.DOTALL)
RUNS = {found["file"]: found["shown"] for found in RUN.finditer(DOCUMENT)}


def printed(file: str) -> str:
    """What the command prints, without blanks at the ends of lines."""
    scenario = read_scenario(ROOT / file)
    stream = io.StringIO()
    print_invoices(
        Console(file=stream, width=240, highlight=False), simulate(scenario), scenario.account.currency
    )
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip()


@pytest.mark.parametrize("file", sorted(RUNS))
def test_what_the_docs_show_is_what_is_printed(file: str) -> None:
    """To the last digit and blank."""
    assert RUNS[file] == printed(file)


def test_the_docs_show_every_example() -> None:
    """An example that nobody explains helps nobody; and the pattern above finds them all."""
    examples = {f"examples/billing/{file.name}" for file in (ROOT / "examples" / "billing").glob("*.yaml")}
    assert set(RUNS) == examples


def main() -> None:
    """Brings the runs in the docs up to date: `python -m tests.billing.test_docs`."""

    def again(found: re.Match[str]) -> str:
        return f"```\n$ tenantry billing simulate {found['file']}\n{printed(found['file'])}\n```"

    (ROOT / "docs" / "billing.md").write_text(RUN.sub(again, DOCUMENT), encoding="utf-8")


if __name__ == "__main__":
    main()
