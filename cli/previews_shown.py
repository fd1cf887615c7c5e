"""A preview for people: what becomes of the tenant, what changes, what it costs, what is noticed."""

from collections.abc import Iterator
from datetime import timedelta

from rich.console import Console
from rich.markup import escape

from cli.output import short_time, styled, table
from client import models
from domain.billing.comparing import PeriodPrice, PriceChange
from domain.billing.money import Currency
from domain.billing.statements import Statement
from domain.billing.words import minor_text
from domain.counting import counted

STYLES = {"added": "green", "changed": "cyan", "removed": "red", "blocked": "bold red"}
NOTHING = "nothing is billed"


def print_preview(console: Console, found: models.PreviewView) -> None:
    console.print(
        f"[bold]{found['change']} of {escape(found['slug'])}[/]: nothing is changed by this preview"
    )
    for line in _lines(found):
        console.print(line)
    if rows := list(_objects(found["objects"])):
        console.print()
        console.print(table(["WHAT", "STEP", "OBJECT", "FIELD", "NOW", "THEN"], rows))
    if found["price"]:
        console.print()
        print_price(console, PriceChange.model_validate(found["price"]))


def _lines(found: models.PreviewView) -> Iterator[str]:
    yield f"now   {_state(found['now'])}"
    yield f"then  {_state(found['then'])}"
    if found["remove_after"]:
        yield f"      restorable until {short_time(found['remove_after'])} UTC, then removed"
    if taken := found["takes_over"]:
        yield f"[yellow]the open {taken['kind']} {taken['id']} gives way first[/]"
    yield f"disruption: [bold]{found['disruption']['severity']}[/]"
    for noticed in found["disruption"]["interruptions"]:
        yield escape(f"      {noticed['name']}: {noticed['why']} ({noticed['severity']})")
    yield f"expected to take {_duration(found['duration'])}"
    yield f"capacity: {_capacity(found['capacity'])}"
    if not found["objects"] and not found["not_seen"]:
        yield "no object differs"
    for one in found["not_seen"]:
        error = one["error"]
        yield escape(f"not looked at: {one['title']} ({error['code']}: {error['message']})")
    for remark in found["remarks"]:
        yield escape(remark)


def _state(state: models.TenantState) -> str:
    target = state["target"]
    bought = f", {target['plan']} for {counted(target['users'], 'user')}" if target else ""
    database = state["sizes"]["database"] if state["sizes"] else None
    sized = f", database {database['instance_class']}" if database else ""
    return f"{styled(state['phase'])}{escape(bought + sized)}"


def _objects(objects: list[models.ObjectChange]) -> Iterator[list[str]]:
    for one in objects:
        effect = f"[{STYLES[one['effect']]}]{one['effect']}[/]"
        named = escape(f"{one['kind'].rpartition('/')[2]} {one['name']}")
        fields = one["fields"] or [{"field": "", "now": "", "then": one["detail"]}]
        for number, change in enumerate(fields):
            first = [effect, one["step"], named] if number == 0 else ["", "", ""]
            yield [*first, *(escape(change[name]) for name in ("field", "now", "then"))]


def _duration(found: models.Duration) -> str:
    if not found["expected_seconds"]:
        return "no time"
    took = timedelta(seconds=found["expected_seconds"])
    return f"about {took} ({', then '.join(found['longest_chain'])}); no promise"


def _capacity(found: models.Capacity) -> str:
    now, then = (_room(found[side]) for side in ("now", "then"))
    fits = "there is room" if found["fits"] else "[red]there is no room: pods would wait[/]"
    quotas = [quota["pods"] for quota in (found["quota_now"], found["quota_then"]) if quota]
    pods = f"; pods in its quota: {' → '.join(map(str, dict.fromkeys(quotas)))}" if quotas else ""
    others = f", others {_room(found['others'])}" if found["others"] else ""
    whole = f" of {_room(found['allocatable'])}" if found["allocatable"] else ""
    return f"{now} → {then} in cell {found['cell']}{others}{whole}: {fits}{pods}"


def _room(requests: models.Requests) -> str:
    return f"{requests['cpu_millis'] / 1000:g} CPU, {requests['memory_mib']} MiB"


def print_price(console: Console, told: PriceChange) -> None:
    money = Currency(told.currency, told.currency_exponent, told.currency_sign)
    now, then = (_period(one, money) for one in (told.period_now, told.period_then))
    console.print(f"[bold]price[/] before usage: {escape(now)} → {escape(then)}")
    now, then = (_invoice(one, money) for one in (told.next_invoice_now, told.next_invoice_then))
    difference, proration = (minor_text(one, money) for one in (told.difference_minor, told.proration_minor))
    said = f"{now} → {then} (difference {difference}, {proration} of it for this period)"
    console.print(f"[bold]next invoice[/] if nothing more is used: {escape(said)}")
    if told.lines:
        rows = (
            [
                *(escape(minor_text(one, money)) for one in (line.now_minor, line.then_minor)),
                escape(line.description),
            ]
            for line in told.lines
        )
        console.print(table(["WITHOUT", "WITH", "WHAT"], rows))


def _period(price: PeriodPrice | None, money: Currency) -> str:
    if price is None:
        return NOTHING
    suspended = ", suspended" if price.suspended else ""
    return f"{minor_text(price.total_minor, money)} {price.every} ({price.plan}{suspended})"


def _invoice(statement: Statement | None, money: Currency) -> str:
    return minor_text(statement.total_minor, money) if statement else NOTHING
