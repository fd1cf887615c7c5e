"""What an engineer on call types."""

import io
import json
import time
from typing import Any

import pytest
from rich.console import Console

from cli.certificates import print_certificate
from cli.connection import ROOT
from cli.interventions import standing
from tests.cli.conftest import Tenantry

FORM = str(ROOT / "examples" / "signups" / "1-alder.yaml")


@pytest.mark.parametrize(
    "arguments",
    [
        ("skip", "alder", "dns"),
        ("abort", "alder"),
        ("amend", "alder", "database", "--reason", "x"),
        ("amend", "alder", "database", "--no-final-snapshot", "--database-class", "db.t4g.large", "-r", "x"),
        ("amend", "alder", "database", "--no-final-snapshot"),
        ("retry",),
    ],
)
def test_what_changes_something_needs_its_reason(command: Tenantry, arguments: tuple[str, ...]) -> None:
    """A skip, an abort and an amendment say why, and an amendment exactly one thing; else usage is wrong."""
    assert command(*arguments).code == 2


def test_a_pause_is_listed_and_ended(tenantry: Tenantry) -> None:
    """A paused sign-up is found in the list, refuses what does not fit, and goes on when told by its slug."""
    wrong = tenantry("signup", "cli-pause", "--file", FORM, "--pause-before", "nothing")
    assert wrong.code == 2
    assert "its steps are" in wrong.err
    accepted = tenantry("signup", "cli-pause", "--file", FORM, "--pause-before", "dns", "--no-wait", "--json")
    operation = json.loads(accepted.out)["operation_id"]
    deadline = time.monotonic() + 60
    while not (waiting := [w for w in listed(tenantry) if w["slug"] == "cli-pause"]):
        assert time.monotonic() < deadline
    assert (waiting[0]["step"], waiting[0]["actions"]) == ("dns", ["resume", "abort"])
    shown = tenantry("attention").out
    assert "cli-pause" in shown
    assert "resume-from-pause, abort" in shown
    assert "Paused: dns: PauseBefore: was asked to pause" in tenantry("show", operation).out
    refused = tenantry("skip", "cli-pause", "dns", "--reason", "no need")
    assert (refused.code, refused.out) == (1, "")
    assert "nothing waits for attention" in refused.err
    told = tenantry("resume-from-pause", "cli-pause", "--reason", "the name is free")
    assert "resume-from-pause accepted" in told.out
    assert tenantry("watch", operation).code == 0
    assert "resume-from-pause by development: the name is free" in tenantry("show", operation).out


def listed(tenantry: Tenantry) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(tenantry("attention", "--json").out)
    return found


def test_where_it_stands_in_words() -> None:
    """A stop names step, reason, thing and what is possible; what people did follows."""
    stop = {
        "step": "dns",
        "object": {"kind": "route53:record", "name": "alder.example.com CNAME"},
        "reason": "InvalidSpec",
        "message": "no zone",
        "since": "2026-01-01T10:00:00.5Z",
        "actions": ["retry", "skip"],
    }
    did = {"at": "2026-01-01T11:00:00.5Z", "action": "retry", "step": None, "by": "ada", "why": ""}
    view: Any = {
        "conditions": [{"type": "NeedsAttention", "status": True, "stops": [stop]}],
        "interventions": [did],
    }
    assert standing(view) == [
        (
            "NeedsAttention: dns: InvalidSpec: route53:record alder.example.com CNAME: no zone "
            "(since 2026-01-01 10:00:00; possible: retry, skip)"
        ),
        "2026-01-01 11:00:00 retry by ada",
    ]


def test_a_certificate_says_what_may_still_be_there() -> None:
    """What was skipped is counted and named apart from what was proven gone."""
    gone = {
        "provider": "aws",
        "kind": "s3:bucket",
        "name": "b",
        "made_at": "2026-01-01T10:00:00Z",
        "proof": "s3:HeadBucket answered 404",
        "skipped": None,
    }
    why = "not proven gone: skipped by ada, because the zone is gone"
    left = gone | {"kind": "route53:record", "name": "alder CNAME", "proof": why, "skipped": {"by": "ada"}}
    file = io.StringIO()
    certificate: Any = {
        "slug": "alder",
        "tenant_id": "t",
        "issued_at": "2026-01-01T12:00:00Z",
        "entries": [gone, left],
    }
    print_certificate(Console(file=file, width=200), certificate)
    shown = file.getvalue()
    assert "1 thing was looked for and is not there" in shown
    assert f"1 thing may still be there:\n  route53:record alder CNAME: {why}" in shown
