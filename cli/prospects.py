"""The invoice to come, for people: so far, and as it is expected."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.markup import escape

from cli.billing.shown import when_text
from cli.output import short_number, table
from domain.billing.lines import scope_of
from domain.billing.money import Currency
from domain.billing.prices import Aggregate
from domain.billing.statements import Prospects, Statement
from domain.billing.words import minor_text

COLUMNS = ("SO FAR", "EXPECTED", "WHAT")


def print_prospects(console: Console, told: Prospects, titles: Mapping[str, str]) -> None:
    """`titles` of meters; one that has none is called by its name."""
    current, forecast = told.current, told.forecast
    money = Currency(current.currency, current.currency_exponent, current.currency_sign)

    def amounts(so_far: int, expected: int) -> list[str]:
        return [escape(minor_text(minor, money)) for minor in (so_far, expected)]

    begin, end = when_text(current.period.begin), when_text(current.period.end)
    so_far, expected = amounts(current.total_minor, forecast.total_minor)
    said = f"[bold]{so_far}[/] so far, [bold]{expected}[/] expected"
    console.print(f"[bold]next invoice[/], {begin} to {end}: {said}")
    rows = [*_meters(current, forecast, titles), *_other_lines(current, forecast)]
    if rows:
        shown = ([*amounts(now, then), escape(what)] for now, then, what in rows)
        console.print(table(COLUMNS, shown))
    console.print(f"[dim]{escape(forecast.assumes)}[/]")


def _meters(
    current: Statement, forecast: Statement, titles: Mapping[str, str]
) -> Iterator[tuple[int, int, str]]:
    for now, then in zip(current.meters, forecast.meters, strict=True):
        title = titles.get(now.meter, now.meter)
        if now.begin != current.period.begin:
            title += f" from {when_text(now.begin)} on"
        used = f"{short_number(now.quantity)} so far, {short_number(then.quantity)} expected"
        averaged = " on average over the period" if now.aggregate is Aggregate.WEIGHTED else ""
        included = f", {short_number(now.included)} included" if now.included != "0" else ""
        yield now.amount_minor, then.amount_minor, f"{title}: {used}{averaged}{included}"


def _other_lines(current: Statement, forecast: Statement) -> Iterator[tuple[int, int, str]]:
    """All but the usage of the period."""
    of_meters = {scope_of(meter.meter, meter.begin) for meter in current.meters}
    # Of a line that both have, the forecast's arithmetic is told.
    said = {line.key: line.description for half in (current, forecast) for line in half.lines}
    now, then = ({line.key: line.amount_minor for line in half.lines} for half in (current, forecast))
    for key, description in said.items():
        if key.rpartition("/")[0] not in of_meters:
            yield now.get(key, 0), then.get(key, 0), description
