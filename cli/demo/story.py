"""The story that `tenantry demo` plays."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from rich.console import Console

from cli.certificates import print_certificate
from cli.connection import ROOT
from cli.demo.board import Board
from cli.demo.inventory import KINDS, count_things
from cli.demo.life import DemoFailedError, Life
from cli.demo.month import bill
from cli.output import styled, table
from cli.signups import load_signup
from client import Client
from devstack.stack import Stack
from domain.naming import new_tenant_id

SIGNUPS = ROOT / "examples" / "signups"
INVOICES = ROOT / ".devstack" / "invoices"
BIRCHS_REGION = "eu-west-1"
GONE = {"deleted", "failed", "cancelled"}


def play(stack: Stack, console: Console) -> None:
    """Raises DemoFailedError if anything ends otherwise than told."""
    client = Client(stack.engine.url, stack.api_key)
    with Board(console) as board:
        lives = [Life(client, board, load_signup(file)) for file in sorted(SIGNUPS.glob("*.yaml"))]
        alder, birch, cedar, dune, elm = lives
        board.say("[bold]1. Three customers sign up at once[/]")
        _at_once([alder.sign_up, birch.sign_up, cedar.sign_up])
        board.say("[bold]2. Birch grows, and asks for still more meanwhile[/]")
        wishes = birch.ask_to_grow_twice(800, 1500)
        board.say("[bold]3. AWS refuses the database class of Dune: everything made for it is undone[/]")
        _at_once([lambda: birch.grow(*wishes), lambda: _refused(stack, dune)])
        board.say("[bold]4. Cedar is suspended and resumed, Alder leaves, Elm leaves while it signs up[/]")
        _at_once([cedar.suspend_and_resume, lambda: _changes_mind(elm), alder.tear_down])
    console.print()
    print_certificate(console, alder.certificate())
    console.print()
    _closing(stack, console, lives)
    console.print()
    console.print("[bold]A month of Birch[/]")
    bill(stack, console, birch, BIRCHS_REGION, INVOICES)


def _refused(stack: Stack, life: Life) -> None:
    """A sign-up that AWS refuses half-way, for good."""
    tenant_id = new_tenant_id()
    fault = {
        "match": {"service": "rds", "operation": "CreateDBInstance", "resource": f"*-{tenant_id}-*"},
        "action": "refuse",
        "status": 400,
        "code": "InvalidParameterValue",
        "message": "Invalid DB Instance class: db.t4g.medium",
    }
    httpx.post(f"{stack.aws.url}/_devstack/faults", json=fault, trust_env=False).raise_for_status()
    life.sign_up(wanted="failed", tenant_id=tenant_id)


def _changes_mind(life: Life) -> None:
    """A teardown reaches the sign-up while its database is being made."""
    life.apply()
    life.watch_signup_until(
        lambda view: any(step["name"] == "database" and step["status"] == "running" for step in view["steps"])
    )
    life.tear_down_while_signing_up()


def _at_once(acts: Sequence[Callable[[], object]]) -> None:
    pool = ThreadPoolExecutor(max_workers=len(acts))
    try:
        for future in [pool.submit(act) for act in acts]:
            future.result()
    finally:
        # When one has failed or Ctrl-C came, the others are not waited for: they end with the stack.
        pool.shutdown(wait=False, cancel_futures=True)


def _closing(stack: Stack, console: Console, lives: Sequence[Life]) -> None:
    ids = {life.slug: life.tenant_id for life in lives}
    found = count_things(ids, stack.options.cells, stack.environment)
    phases = {life.slug: life.phase() for life in lives}
    rows = ([kind, *(found[slug][kind] or "-" for slug in ids)] for kind in KINDS)
    console.print("[bold]What exists now, read from AWS and Kubernetes[/]")
    headings = (f"{slug}\n{styled(phases[slug])}" for slug in ids)
    console.print(table(["", *headings], rows))
    left = {slug: +counts for slug, counts in found.items() if phases[slug] in GONE and counts}
    missing = [slug for slug, phase in phases.items() if phase == "active" and not _whole(found[slug])]
    if left or missing:
        raise DemoFailedError(f"left over: {left or 'nothing'}; incomplete: {missing or 'none'}")
    wanted = {"alder": "deleted", "birch": "active", "cedar": "active", "dune": "failed"}
    if wrong := {slug: phases[slug] for slug, phase in wanted.items() if phases[slug] != phase}:
        raise DemoFailedError(f"wrong phases at the end: {wrong}")


def _whole(counts: Any) -> bool:
    return all(counts[kind] for kind in KINDS)
