"""docs/scale.md says what the model says, and the simulation agrees with both."""

import pytest

from bench.scale_model import ROUTE53, dns_calls, knee
from bench.scale_picture import picture
from bench.scale_route53 import Outcome, Stage, simulate
from bench.scale_tables import TABLES
from runtime.settings import ROOT

LIMIT = ROUTE53["5/s"]


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_the_page_are_those_of_the_model(name: str) -> None:
    """`python -m bench.scale --table` prints what the page shows."""
    assert TABLES[name]() in (ROOT / "docs/scale.md").read_text()


def test_the_picture_is_that_of_the_model() -> None:
    """`python -m bench.scale --picture` prints the picture of the page."""
    assert picture() == (ROOT / "docs/pictures/scale.svg").read_text()


def minutes_of(share: float) -> Outcome:
    """Ten minutes of sign-ups at that share of what the model says that an account carries."""
    rate = share * knee(LIMIT)
    return simulate(Stage(LIMIT), [number / rate for number in range(round(600 * rate))])


def test_below_the_knee_nothing_is_refused() -> None:
    """Up to what the model says, each sign-up asks as often as it says and is never refused."""
    outcome = minutes_of(0.8)
    assert (outcome.calls, outcome.refused) == (dns_calls(), 0)


def test_beyond_the_knee_route_53_refuses() -> None:
    """Half as many sign-ups more are refused now and then, and take longer."""
    outcome = minutes_of(1.5)
    assert outcome.refused
    assert outcome.percentile(95) > minutes_of(0.8).percentile(95)


def test_every_sign_up_of_a_crowd_ends() -> None:
    """However much is refused, all get their records."""
    assert len(simulate(Stage(LIMIT, processes=4), [0.0] * 100).seconds) == 100
