"""`tenantry billing explain`: where a line's amount comes from."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.billing.reading import Number
from cli.billing.shown import when_text
from cli.changes import AsJson
from cli.connection import RECOUNT_SECONDS, connect
from cli.output import out, print_fields, print_json, styled, table
from domain.billing.explanation import ExplainedDiscount, Explanation, Measured
from domain.billing.money import Currency
from domain.billing.prices import Aggregate
from domain.billing.words import instant_text, minor_text

Key = Annotated[
    str, typer.Argument(help="Of a line, as `invoice` shows it.", metavar="KEY", show_default=False)
]

app = typer.Typer()


@app.command()
def explain(number: Number, key: Key, as_json: AsJson = False) -> None:
    """Segments, usage, terms, discounts and bookings behind one line of an issued invoice."""
    answer = connect(timeout_seconds=RECOUNT_SECONDS).explanation(number, key=key)
    if as_json:
        print_json(answer)
        return
    told = Explanation.model_validate(answer)
    money = Currency(told.currency, told.currency_exponent, told.currency_sign)
    print_fields(dict(_fields(told, money)))
    if told.segments:
        out().print("\n[bold]segments[/]")
        out().print(table(("FROM", "TO", "PLAN", "PRICE", "QUANTITY", "STATE"), _segments(told)))
    out().print("\n[bold]booked[/]")
    out().print(table(("INVOICE", "KEY", "QUANTITY", "AMOUNT", "WHAT"), _bookings(told, money)))


def _fields(told: Explanation, money: Currency) -> Iterator[tuple[str, Any]]:
    def amount(minor: int) -> str:
        return escape(minor_text(minor, money))

    line = told.line
    yield "invoice", escape(told.invoice)
    yield "line", escape(line.key)
    yield "amount", amount(line.amount_minor)
    if line.corrects:
        yield "corrects", escape(line.corrects)
        yield "was, is now", f"{amount(told.before_minor)}, {amount(told.owed_minor)}"
    yield "formula", escape(told.formula or "nothing is owed under this key any more")
    if told.period:
        begin, end = (instant_text(edge) for edge in (told.period.begin, told.period.end))
        yield "period", f"{when_text(begin)} to {when_text(end)}"
    if told.measured:
        yield "measured", escape(_measured(told.measured))
        yield "included", told.measured.included
    for one in told.terms:
        terms = ", ".join(f"{name} {_term(value)}" for name, value in one.terms.items())
        yield f"{one.plan} price {one.version}", escape(terms)
    if told.discounts:
        yield "discounts", "; ".join(map(_discount, told.discounts))


def _measured(measured: Measured) -> str:
    said = f"{measured.meter}, {measured.aggregate}: {measured.units}"
    if measured.aggregate is Aggregate.WEIGHTED:
        said += f" on average ({measured.value} unit seconds)"
    return f"{said}, of what was stored up to {measured.cut_off}"


def _discount(one: ExplainedDiscount) -> str:
    until = f"to {when_text(instant_text(one.end))}" if one.end else "on"
    return f"{one.percent} % from {when_text(instant_text(one.begin))} {until}"


def _term(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_term(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_term(inner) for inner in value)
    return "none" if value is None else str(value)


def _segments(told: Explanation) -> Iterator[list[Any]]:
    for one in told.segments:
        edges = (when_text(instant_text(edge)) for edge in (one.begin, one.end))
        yield [*edges, escape(one.plan), one.version, one.quantity, styled(one.state)]


def _bookings(told: Explanation, money: Currency) -> Iterator[list[Any]]:
    for one in told.booked:
        amount = escape(minor_text(one.amount_minor, money))
        yield [escape(one.invoice), escape(one.key), one.quantity, amount, escape(one.description)]
