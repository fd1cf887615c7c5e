"""`tenantry audit` against a real API."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tenantry


@pytest.fixture
def exported(tenantry: Tenantry, tmp_path: Path) -> Path:
    """A log of at least three rows."""
    for name in ("One", "Two", "Three"):
        assert tenantry("customer", "add", name, "--reason", "für alle 100%").code == 0
    file = tmp_path / "log.jsonl"
    assert tenantry("audit", "export", "--to", str(file)).code == 0
    return file


def test_a_reason_is_kept_and_shown(tenantry: Tenantry) -> None:
    """What `--reason` says is listed with who, what and what it became; filters narrow."""
    added = tenantry("customer", "add", "Reason [Ltd]", "--reason", "für alle, INC-204", "--json")
    customer = json.loads(added.out)["id"]
    changed = tenantry("customer", "change", customer, "--name", "Other", "-r", "renamed")
    assert changed.code == 0, changed.err
    listed = tenantry("audit", "list", "--action", "customer.made", "--action", "customer.changed")
    lines = [line for line in listed.out.splitlines() if customer in line]
    assert "customer.changed" in lines[0]
    assert "name Reason [Ltd] → Other" in lines[0]
    assert lines[0].rstrip().endswith("renamed")
    assert lines[1].rstrip().endswith("für alle, INC-204")
    assert json.loads(tenantry("audit", "list", "--actor", "nobody", "--json").out) == []


def test_a_tenants_log_is_that_of_its_customer(tenantry: Tenantry) -> None:
    """From the sign-up on, with the reason."""
    signup = ("signup", "audited", "--plan", "echo", "--users", "5", "--region", "us-east-1")
    signed = tenantry(*signup, "--customer", "Audited", "--reason", "first tenant", "--no-wait")
    assert signed.code == 0, signed.err
    (first,) = json.loads(tenantry("audit", "show", "audited", "--json").out)[-1:]
    assert (first["action"], first["reason"]) == ("signup.accepted", "first tenant")
    assert "phase provisioning" in tenantry("audit", "show", "audited").out


def test_an_untouched_log_is_right(tenantry: Tenantry, exported: Path) -> None:
    """By the API's rows and by an export; the checkpoint that is printed is an anchor of the next time."""
    told = tenantry("audit", "verify", "--file", str(exported), "--json")
    checkpoint = json.loads(told.out)["checkpoint"]
    assert json.loads(told.out)["rows"] == len(exported.read_text().splitlines())
    later = tenantry("audit", "verify", "--anchor", checkpoint)
    assert later.code == 0, later.err
    assert "checkpoint " in later.out


def test_a_wrong_row_is_named(tenantry: Tenantry, exported: Path) -> None:
    """A changed row, a missing one and a cut log exit with 1 and say where."""
    rows = exported.read_text().splitlines()
    anchor = json.loads(rows[-1])
    whole = f"{anchor['seq']}:{anchor['hash']}"
    for lines, at, options in (
        ([rows[0], rows[1].replace('"seq": 2', '"seq": 2, "new": 1'), *rows[2:]], 2, ()),
        ([rows[0], *rows[2:]], 2, ()),
        ([*rows[:-1], "{"], len(rows), ()),
        (rows[:-1], len(rows), ("--anchor", whole)),
    ):
        exported.write_text("\n".join(lines))
        found = tenantry("audit", "verify", "--file", str(exported), *options, "--json")
        assert (found.code, json.loads(found.out)["row"]) == (1, at)
        assert f"row {at}:" in found.err
    wrong = tenantry("audit", "verify", "--anchor", f"1:{'0' * 64}")
    assert (wrong.code, "not that of the checkpoint" in wrong.err) == (1, True)
    assert tenantry("audit", "verify", "--anchor", "12").code == 2
