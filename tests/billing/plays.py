"""Scenarios in YAML, as users write them, played by the pure code."""

from dataclasses import dataclass
from typing import Any

from catalog.scenario import scenario_of
from catalog.strict_yaml import parse_all
from domain.billing.report import report
from domain.billing.simulation import Scenario, simulate

Json = dict[str, Any]


@dataclass(frozen=True)
class Played:
    """The printed document, with what tests ask of it."""

    invoices: list[Json]

    @property
    def totals(self) -> list[int]:
        return [invoice["total_minor"] for invoice in self.invoices]

    @property
    def lines(self) -> list[Json]:
        return [line for invoice in self.invoices for line in invoice["lines"]]

    def amounts(self, number: int) -> dict[str, int]:
        """Of an invoice's lines, by key; the components of keys are unique here."""
        return {line["key"]: line["amount_minor"] for line in self.invoices[number]["lines"]}

    def sums(self) -> dict[str, int]:
        """All invoices together, by key, without what comes to nothing."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line["key"]] = found.get(line["key"], 0) + line["amount_minor"]
        return {key: amount for key, amount in found.items() if amount}


def scenario(text: str) -> Scenario:
    return scenario_of(parse_all(text, numbers_as_text=True)[0])


def played(scenario: Scenario) -> Played:
    return Played(report(simulate(scenario), scenario.account.currency)["invoices"])


def play(text: str) -> Played:
    return played(scenario(text))
