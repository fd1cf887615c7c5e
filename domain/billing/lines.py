"""Lines of invoices, as rating makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.billing.money import Exact
from domain.billing.spans import Span
from domain.billing.words import instant_text

CREDIT = "credit"
CHARGE = "charge"

FEE_CREDITS, FEE_CHARGES, USAGE, MINIMUM, BY_HAND = range(5)
"""Ranks: the order of lines that begin at the same instant."""


@dataclass(frozen=True)
class Line:
    """What is owed for one thing over one span. Rated again later, it has the same key."""

    key: str
    """`<component>/<segment start>/<tier or credit or charge>`, unique in the account."""
    span: Span
    """Of no length for what was agreed by hand."""
    due: datetime | None
    """The closing that it belongs to; None if it was agreed by hand while billing was ended."""
    description: str
    quantity: Exact
    amount: int
    """In minor units; below 0 for credits."""
    rank: int

    @property
    def scope(self) -> str:
        """What lines that stand for each other have in common: component and start."""
        return self.key.rpartition("/")[0]

    @property
    def meter(self) -> str | None:
        """Whose usage it charges."""
        return self.key.partition("/")[0] if self.rank == USAGE else None

    def said(self, titles: Mapping[str, str]) -> str:
        """The description with its meter called by its title; one without a title by its name."""
        if self.meter is None:
            return self.description
        return titles.get(self.meter, self.meter) + self.description.removeprefix(self.meter)

    @property
    def place(self) -> tuple[datetime, int]:
        return (self.span.begin, self.rank)


def scope_of(component: str, begin: datetime) -> str:
    return f"{component}/{instant_text(begin)}"


def key_of(component: str, begin: datetime, part: str) -> str:
    return f"{scope_of(component, begin)}/{part}"
