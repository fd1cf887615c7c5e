"""`tenantry billing simulate`: the engine's own rating and closing, without any server."""

from pathlib import Path
from typing import Annotated

import typer

from cli.billing.shown import print_invoices
from cli.changes import AsJson
from cli.output import err, out, print_error, print_json
from domain.billing.report import refusals, report
from domain.billing.simulation import simulate as simulated

WRONG_FILE = 2

app = typer.Typer()


@app.command()
def simulate(
    file: Annotated[Path, typer.Argument(help="A scenario, as in examples/billing.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Rate and close a made-up tenant's periods as the engine would, without any server."""
    # No other command should wait for the tables of currencies.
    from catalog.scenario import ScenarioError, read_scenario  # noqa: PLC0415

    try:
        scenario = read_scenario(file)
    except ScenarioError as error:
        print_error([f"{file} is no scenario", *(f"  {problem}" for problem in error.problems)])
        raise typer.Exit(WRONG_FILE) from error
    for refusal in refusals(scenario.events):
        err().print(refusal, markup=False)
    currency = scenario.account.currency
    invoices = simulated(scenario)
    if as_json:
        print_json(report(invoices, currency))
        return
    print_invoices(out(), invoices, currency)
