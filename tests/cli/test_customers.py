"""`tenantry customer` against a real API."""

import json
import re

import pytest

from tests.cli.conftest import Tenantry


def test_a_customer_is_added_changed_and_found(tenantry: Tenantry) -> None:
    """What is known is shown for people and as JSON; options change, `--no-…` removes, the rest stays."""
    added = tenantry("customer", "add", "Vandelay [Imports]", "--email", "a@vandelay.example", "--json")
    assert added.code == 0, added.err
    customer = json.loads(added.out)
    assert (customer["email"], customer["time_zone"]) == ("a@vandelay.example", None)
    changed = tenantry("customer", "change", customer["id"], "--time-zone", "Europe/Paris", "--no-email")
    assert changed.code == 0, changed.err
    for field, value in (("name", r"Vandelay \[Imports\]"), ("time zone", "Europe/Paris")):
        assert re.search(rf"{field} +{value} *\n", changed.out), changed.out
    assert "e-mail" not in changed.out
    assert tenantry("customer", "show", customer["id"]).out == changed.out
    assert json.loads(tenantry("customer", "find", "Vandelay [Imports]", "--json").out)[-1] == customer | {
        "email": None,
        "time_zone": "Europe/Paris",
    }
    assert customer["id"] in tenantry("customer", "find", "Vandelay [Imports]").out
    assert customer["id"] in tenantry("customer", "list").out
    assert customer["id"] in {one["id"] for one in json.loads(tenantry("customer", "list", "--json").out)}


def test_what_is_wrong_is_named(tenantry: Tenantry) -> None:
    """A wrong value exits with 2 and says what is right, an unknown customer with 1 and how to find one."""
    refused = tenantry("customer", "add", "Acme", "--email", "acme", "--time-zone", "Mars/Olympus")
    assert (refused.code, refused.out) == (2, "")
    assert "email: must be an address such as" in refused.err
    assert "time_zone: must be the name of a time zone, such as Europe/Paris or UTC" in refused.err
    unknown = tenantry("customer", "show", "nobody")
    assert (unknown.code, "`tenantry customer find` finds one by name" in unknown.err) == (1, True)


@pytest.mark.parametrize("options", [(), ("--email", "a@b.example", "--no-email")])
def test_a_change_that_says_nothing_clear_is_wrong_usage(command: Tenantry, options: tuple[str, ...]) -> None:
    """Nothing to change, or a value that is both given and removed: nothing is sent."""
    ran = command("customer", "change", "cusk3v9x2m4q8w1", *options)
    assert (ran.code, ran.out) == (2, "")
    assert "--email" in ran.err
