"""What is counted together: aggregates, tiers, allowance and minimum run on over the shares of a tally."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.billing.closings import Closings
from domain.billing.spans import Span
from domain.billing.terms import Piece, Share


@dataclass(frozen=True)
class Tally:
    """Shares of one period; between two of them, another kind of period was billed."""

    shares: tuple[Share, ...]

    @property
    def period(self) -> Span:
        return self.shares[0].period

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for share in self.shares for piece in share.pieces)

    @property
    def span(self) -> Span:
        return Span(self.shares[0].span.begin, self.shares[-1].span.end)


def tallies(shares: Iterable[Share], closings: Closings) -> list[Tally]:
    """A share goes on where an earlier one was, unless that was closed meanwhile, or billing had ended."""
    found: list[Tally] = []
    for share in shares:
        earlier = next((one for one in found if _goes_on(one.shares[-1], share, closings)), None)
        if earlier is None:
            found.append(Tally((share,)))
        else:
            found[found.index(earlier)] = Tally((*earlier.shares, share))
    return found


def _goes_on(earlier: Share, share: Share, closings: Closings) -> bool:
    if (earlier.term.kind, earlier.period) != (share.term.kind, share.period):
        return False
    # Between two stretches of billing lies an end, which closes what was counted.
    if earlier.term.billed_until != share.term.billed_until:
        return False
    closed = closings.due(earlier.span.end)
    return closed is None or closed > share.span.begin
