"""A tenant's life from the command line, on real servers."""

import json
import re

from cli.connection import ROOT
from cli.demo.inventory import KINDS, count_things
from domain.phases import Phase
from tests.cli.conftest import Tenantry

FORM = str(ROOT / "examples" / "signups" / "1-alder.yaml")


def test_a_life_from_sign_up_to_certificate(
    tenantry: Tenantry, environment: dict[str, str], cells: list[dict[str, object]]
) -> None:
    """Sign-up, scale, rotation, suspend, resume and teardown end well; AWS and Kubernetes show each end."""
    slug = "cli-life"
    signup = tenantry("signup", slug, "--file", FORM, "--users", "60", "--json")
    assert signup.code == 0, signup.err
    operation = json.loads(signup.out)
    assert (operation["status"], operation["slug"]) == ("succeeded", slug)

    tenant = json.loads(tenantry("show", slug, "--json").out)
    assert (tenant["phase"], tenant["target"]["users"]) == (Phase.ACTIVE, 60)
    ids = {slug: tenant["id"]}
    assert set(count_things(ids, cells, environment)[slug]) == set(KINDS)

    _previewed(tenantry, slug)
    assert tenantry("scale", slug, "--users", "150").code == 0
    assert "150" in tenantry("show", slug).out
    rotated = tenantry("rotate-password", slug)
    assert (rotated.code, "rotate of cli-life succeeded" in rotated.out) == (0, True)
    suspended = tenantry("suspend", slug)
    assert (suspended.code, "suspend of cli-life succeeded" in suspended.out) == (0, True)
    assert tenantry("resume", slug).code == 0
    listed = next(line for line in tenantry("list").out.splitlines() if line.startswith(slug))
    assert "active" in listed

    gone = tenantry("teardown", slug, "--grace", "0", "--yes")
    assert gone.code == 0, gone.err
    assert not count_things(ids, cells, environment)[slug]
    certificate = tenantry("certificate", slug)
    assert "rds:db-instance" in certificate.out
    entries = json.loads(tenantry("certificate", slug, "--json").out)["entries"]
    assert f"{len(entries)} things" in certificate.out


def _previewed(tenantry: Tenantry, slug: str) -> None:
    """A preview says what a scale would do and cost, does nothing of it, and is refused as it would be."""
    told = tenantry("preview", "scale", slug, "--users", "150")
    assert told.code == 0, told.err
    for said in ("db.t4g.medium", "€360.00 monthly", "€900.00 monthly", "there is room"):
        assert said in told.out
    found = json.loads(tenantry("preview", "teardown", slug, "--grace", "2d", "--json").out)
    assert (found["change"], found["then"]["phase"]) == ("teardown", Phase.CLOSED)
    refused = tenantry("preview", "resume", slug)
    assert (refused.code, "it is active" in refused.err) == (1, True)
    assert tenantry("preview", "scale", slug, "--users", "5000").code == 2
    assert json.loads(tenantry("show", slug, "--json").out)["target"]["users"] == 60


def test_closed_in_its_grace_and_restored(tenantry: Tenantry) -> None:
    """A teardown with a grace can be taken back."""
    slug = "cli-grace"
    assert tenantry("signup", slug, "--file", FORM).code == 0
    assert tenantry("teardown", slug, "--grace", "12h").code == 0
    assert json.loads(tenantry("show", slug, "--json").out)["phase"] == Phase.CLOSED
    assert tenantry("restore", slug).code == 0
    assert json.loads(tenantry("show", slug, "--json").out)["phase"] == Phase.ACTIVE


def test_the_same_key_starts_nothing_twice(tenantry: Tenantry) -> None:
    """A command repeated with its idempotency key answers with the same operation."""
    signup = ("signup", "cli-twice", "--file", FORM, "--no-wait", "--json", "--idempotency-key", "cli-twice")
    first, second = (json.loads(tenantry(*signup).out) for _ in range(2))
    assert first["operation_id"] == second["operation_id"]
    watched = tenantry("watch", first["operation_id"])
    assert watched.code == 0, watched.err
    assert "signup of cli-twice succeeded" in watched.out


def test_a_failed_operation_exits_with_1_and_its_reason(tenantry: Tenantry) -> None:
    """A second sign-up under a taken slug fails, and says why on stderr only."""
    assert tenantry("signup", "cli-taken", "--file", FORM).code == 0
    refused = tenantry("signup", "cli-taken", "--file", FORM)
    assert (refused.code, refused.out) == (1, "")
    assert "slug" in refused.err


def test_problems_name_every_field(tenantry: Tenantry) -> None:
    """What the API refuses is shown field by field on stderr."""
    refused = tenantry("signup", "Bad--Slug", "--file", FORM, "--users", "0", "--plan", "gold")
    assert refused.code == 2
    for field in ("slug:", "users:", "plan:"):
        assert field in refused.err


def test_sign_ups_share_their_customer(tenantry: Tenantry) -> None:
    """A customer is made with the first accepted sign-up of the name, and found by the later ones; a tenant's
    time zone is its own."""
    name = ("--customer", "Vandelay Industries")
    assert tenantry("signup", "cli-first", "--file", FORM, *name, "--plan", "gold").code == 2
    operations = []
    for slug, zone in (("cli-first", ["--time-zone", "Europe/Paris"]), ("cli-second", [])):
        accepted = tenantry("signup", slug, "--file", FORM, *name, *zone, "--no-wait", "--json")
        operations.append(json.loads(accepted.out)["operation_id"])
    first, second = (
        json.loads(tenantry("show", slug, "--json").out)["customer_id"]
        for slug in ("cli-first", "cli-second")
    )
    assert first == second
    assert re.search(r"time zone +Europe/Paris *\n", tenantry("show", "cli-first").out)
    assert re.search(r"time zone +UTC *\n", tenantry("show", "cli-second").out)
    third = tenantry("signup", "cli-third", "--file", FORM, "--customer-id", first, "--no-wait", "--json")
    operations.append(json.loads(third.out)["operation_id"])
    for operation in operations:
        assert tenantry("watch", operation).code == 0


def test_lists_are_narrowed_and_operations_listed(tenantry: Tenantry) -> None:
    """`list` shows what its filters say; `operations` tells a tenant's past, newest first, ids as always."""
    assert tenantry("signup", "cli-listed", "--file", FORM).code == 0
    refused = tenantry("resume", "cli-listed")
    assert (refused.code, "resume" in refused.err) == (1, True)
    assert tenantry("suspend", "cli-listed").code == 0
    narrowed = tenantry("list", "--phase", "suspended", "--plan", "team", "--region", "us-east-1").out
    assert "cli-listed" in narrowed
    assert "active" not in narrowed
    assert "cli-listed" not in tenantry("list", "--region", "eu-west-1").out
    past = json.loads(tenantry("operations", "cli-listed", "--json").out)
    assert [operation["kind"] for operation in past] == ["suspend", "signup"]
    table = tenantry("operations", "cli-listed").out
    assert all(operation["operation_id"] in table for operation in past)
    shown = json.loads(tenantry("show", past[0]["operation_id"], "--json").out)
    assert (shown["operation_id"], "id" in shown) == (past[0]["operation_id"], False)


def test_removal_at_once_is_asked_for_twice(tenantry: Tenantry) -> None:
    """Where nobody can be asked, a grace of 0 needs --yes; without it nothing is sent."""
    assert tenantry("signup", "cli-careful", "--file", FORM).code == 0
    for further in ((), ("--json",)):
        refused = tenantry("teardown", "cli-careful", "--grace", "0", *further)
        assert (refused.code, refused.out) == (2, "")
        assert "--yes" in refused.err
    assert json.loads(tenantry("show", "cli-careful", "--json").out)["phase"] == Phase.ACTIVE


def test_catalogue_listings(tenantry: Tenantry) -> None:
    """Plans and cells are listed for people and, as one JSON document, for machines."""
    assert "enterprise" in tenantry("plans").out
    assert {plan["name"] for plan in json.loads(tenantry("plans", "--json").out)} >= {"team", "business"}
    assert {cell["region"] for cell in json.loads(tenantry("cells", "--json").out)} >= {"us-east-1"}
    assert "eu-west-1" in tenantry("cells").out


def test_an_operation_is_shown_with_its_steps(tenantry: Tenantry) -> None:
    """Progress is told on stderr, `show` lists the steps, and neither holds a single escape code."""
    signup = tenantry("signup", "cli-shown", "--file", FORM)
    assert (signup.code, "signup cli-shown" in signup.err) == (0, True)
    shown = tenantry("show", "cli-shown").out
    assert "Database" in shown
    assert "succeeded" in shown
    assert "\x1b" not in shown + signup.out + signup.err
