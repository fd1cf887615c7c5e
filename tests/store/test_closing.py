"""Closing in the database makes what the pure code makes of the same happenings."""

from hypothesis import HealthCheck, Phase, given, settings

from domain.billing.report import report
from domain.billing.simulation import Scenario, simulate
from tests.billing.random_accounts import scenarios
from tests.store.billed import Books, told_apart
from tests.store.world import World


# Each example takes seconds: a smaller one that fails as well would take minutes to find.
@settings(
    max_examples=4, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(scenario=scenarios(ends=True).map(told_apart))
def test_what_is_closed_is_what_a_simulation_says(world: World, scenario: Scenario) -> None:
    """Any changes, hands, zones and late events: the same invoices, line by line, and nothing else."""
    books = Books(world, scenario)
    books.play()
    books.forget()
    expected = report(simulate(scenario), scenario.account.currency)["invoices"]
    assert [_plain(one.model_dump(mode="json")) for one in books.invoices()] == expected


def _plain(document: dict[str, object]) -> dict[str, object]:
    """What a simulation knows: it gives no numbers and knows nobody."""
    kept = ("kind", "period", "status", "lines", "total_minor", "currency")
    return {"number": None} | {name: document[name] for name in kept}
