"""`tenantry usage`: what a tenant used, as a chart of bars, and what that comes to."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import typer
from rich.bar import Bar
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.changes import AsJson, Slug
from cli.connection import connect
from cli.output import out, print_json, short_number
from cli.prospects import print_prospects
from client import models
from domain.billing.statements import Prospects

BAR_WIDTH = 40
FORMS = {"hour": "%Y-%m-%d %H:%M", "day": "%a %Y-%m-%d", "month": "%Y-%m"}

app = typer.Typer()


@app.command()
def usage(  # noqa: PLR0913, PLR0917 - Typer makes each parameter an option
    slug: Slug,
    meter: Annotated[list[str] | None, typer.Option(help="Only this meter; repeatable.")] = None,
    begin: Annotated[str | None, typer.Option("--from", help="A day, or an instant with its zone.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="The same, outside; else now.")] = None,
    step: Annotated[Literal["hour", "day", "month"], typer.Option(help="In UTC.")] = "day",
    groups: Annotated[bool, typer.Option("--groups", help="Each group of a meter by itself, too.")] = False,
    forecast: Annotated[
        bool, typer.Option("--forecast/--no-forecast", help="What the next invoice comes to.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """What a tenant used, by hour, day or month, and what its next invoice comes to."""
    found = connect().usage(
        slug, meter=meter, from_=begin, to=end, step=step, groups=groups, forecast=forecast
    )
    if as_json:
        print_json(found)
        return
    for number, (title, line) in enumerate(_lines(found)):
        if number:
            out().print()
        out().print(f"[bold]{escape(title)}[/] {short_number(line['value'])}")
        out().print(_chart(line["points"], FORMS[found["step"]]))
    if found["current"]:
        told = Prospects.model_validate({"current": found["current"], "forecast": found["forecast"]})
        out().print()
        print_prospects(out(), told, {one["meter"]: one["title"] for one in found["meters"]})


def _lines(found: models.TenantUsage) -> Iterator[tuple[str, models.MeterUsage | models.GroupUsage]]:
    """Each meter, and after it its groups."""
    for meter in found["meters"]:
        yield meter["title"], meter
        for group in meter["groups"]:
            named = ", ".join(f"{field} {value}" for field, value in group["group"].items())
            yield f"{meter['title']}, {named}", group


def _chart(points: list[models.UsagePoint], form: str) -> Table:
    chart = Table.grid(padding=(0, 2))
    chart.add_column()
    chart.add_column(justify="right")
    chart.add_column()
    most = max(Decimal(point["value"]) for point in points)
    for point in points:
        begin = datetime.fromisoformat(point["from"])
        value = point["value"]
        chart.add_row(begin.strftime(form), Text(short_number(value)), _bar(Decimal(value), most))
    return chart


def _bar(value: Decimal, most: Decimal) -> Bar | str:
    """Nothing for nothing, and for what was taken back."""
    return Bar(float(most), 0, float(value), width=BAR_WIDTH) if value > 0 else ""
