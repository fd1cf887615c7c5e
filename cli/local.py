"""Commands that run a stack on this machine."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
import yaml

from cli.connection import ROOT, home
from cli.output import err, out, print_error
from cli.signals import interruptible
from devstack.profiles import PROFILES
from devstack.stack import Stack, StackOptions

SIGNUPS = ROOT / "examples" / "signups"
SHOWN = {
    "API docs": "docs",
    "Temporal UI": "ui",
    "Temporal": "temporal",
    "codec": "codec",
    "AWS": "aws",
    "kubeconfig": "kubeconfig",
    "logs": "logs",
}
MONTHS_AT_ONCE = (("TENANTRY_BILLING_MAY_RUN_AHEAD", "true"),)
"""So that an invoice is there to be seen without a month of waiting."""
BINARY = ".venv/bin/tenantry"
LOOK_EVERY_SECONDS = 0.5

app = typer.Typer()


def cells() -> list[dict[str, Any]]:
    """The entries of cells.yaml, each with its name."""
    entries = yaml.safe_load((ROOT / "cells.yaml").read_text())
    return [{"name": name, **fields} for name, fields in entries.items()]


@app.command()
def dev(
    delays: Annotated[
        str, typer.Option(help=f"How slow AWS and the clusters are: {', '.join(PROFILES)}.")
    ] = "demo",
) -> None:
    """Start everything on this machine and keep it up until Ctrl-C."""
    if delays not in PROFILES:
        raise typer.BadParameter(f"choose one of {', '.join(PROFILES)}", param_hint="--delays")
    options = StackOptions(
        cells(), home(), profile=delays, ports="preferred", announce=True, settings=MONTHS_AT_ONCE
    )
    with interruptible(), _running(options) as stack:
        _greet(stack)
        # Ctrl-C is how this command ends, not how it fails.
        with suppress(KeyboardInterrupt):
            _watch(stack)


@app.command()
def demo() -> None:
    """Play the life of the tenants in examples/signups on a stack of its own, then stop it."""
    from cli.demo.story import play  # noqa: PLC0415 - no other command should wait for the cloud libraries

    began = time.monotonic()
    with (
        interruptible(),
        _running(StackOptions(cells(), home(), profile="demo", settings=MONTHS_AT_ONCE)) as stack,
    ):
        play(stack, out())
    out().print(f"done after {time.monotonic() - began:.0f} s, and everything is stopped")


@contextmanager
def _running(options: StackOptions) -> Iterator[Stack]:
    err().print("starting PostgreSQL, Temporal, AWS, a cluster per cell, worker and API")
    stack = Stack(options)
    try:
        stack.start()
        err().print(f"up after {max(stack.started.values()):.1f} s")
        yield stack
    finally:
        err().print("stopping")
        stack.stop()


def _greet(stack: Stack) -> None:
    addresses = stack.addresses
    for name, key in SHOWN.items():
        out().print(f"  {name:<12} {addresses[key]}")
    out().print(f"  {'API key':<12} {stack.api_key}")
    if not stack.announced:
        out().print("another stack runs here and the command line finds that one; for this one:")
        out().print(f"  export TENANTRY_API_URL={addresses['api']} TENANTRY_API_KEY={stack.api_key}")
    example = next(iter(sorted(SIGNUPS.glob("*.yaml")))).relative_to(ROOT)
    out().print(f"try: {BINARY} signup --file {example}")
    out().print(f"then: {BINARY} billing close --as-of {_after_a_month()}, and its first month is invoiced")
    out().print("Ctrl-C stops everything")


def _after_a_month() -> str:
    """A day by which a month that begins today has ended, and the grace after it."""
    return f"{datetime.now(UTC) + timedelta(days=33):%Y-%m-%d}"


def _watch(stack: Stack) -> None:
    """Return when asked to stop. Exits with 1 if a part ends by itself."""
    while True:
        if fallen := stack.fallen():
            print_error([f"{fallen.name} ended by itself; its last words:", fallen.log_tail()])
            raise typer.Exit(1)
        time.sleep(LOOK_EVERY_SECONDS)
