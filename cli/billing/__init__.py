"""`tenantry billing`: what tenants owe."""

import typer

from cli.billing import checking, closing, explaining, giving, reading, simulating

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="billing")
for part in (reading, explaining, checking, giving, closing, simulating):
    group.add_typer(part.app)


@group.callback()
def billing() -> None:
    """Usage, periods and invoices."""
