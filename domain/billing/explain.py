"""Where a line comes from: what of an account it covers, and what it was counted and priced by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.billing import fees, minimums
from domain.billing.lines import CREDIT, Line
from domain.billing.rating import Window
from domain.billing.spans import Span
from domain.billing.tallies import Tally
from domain.billing.terms import Piece, Share
from domain.billing.usage import Scope, scopes


@dataclass(frozen=True)
class Origin:
    period: Span
    pieces: tuple[Piece, ...]
    """In order of time; of a credit, what had been charged for."""
    scope: Scope | None = None
    """Of usage."""


def origin(window: Window, line: Line) -> Origin | None:
    """None for what was agreed by hand, and for a line that nothing makes any more."""
    component = component_of(line.key)
    found = (_in_tally(tally, component, line) for tally in window.tallies)
    return next((one for one in found if one), None)


def component_of(key: str) -> str:
    return key.partition("/")[0]


def _in_tally(tally: Tally, component: str, line: Line) -> Origin | None:
    begin = line.span.begin
    if component == fees.COMPONENT:
        return next((found for share in tally.shares if (found := _of_fee(share, line))), None)
    if component == minimums.COMPONENT:
        return Origin(tally.period, tally.pieces) if tally.span.begin == begin else None
    for scope in scopes(tally):
        if scope.demand.meter == component and scope.span.begin == begin:
            return Origin(tally.period, _within(tally.pieces, scope.demand.spans), scope)
    return None


def _of_fee(share: Share, line: Line) -> Origin | None:
    credits_rest = line.key.endswith(f"/{CREDIT}")
    for run in fees.runs(share):
        edge = run.span.end if credits_rest else run.span.begin
        if edge == line.span.begin and (run.span.end < run.period.end or not credits_rest):
            return Origin(share.period, _within(share.pieces, [run.span]))
    return None


def _within(pieces: Iterable[Piece], spans: Sequence[Span]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if any(piece.span.common(span) for span in spans))
