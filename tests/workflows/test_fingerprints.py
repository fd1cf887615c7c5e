"""The order of each workflow's commands is committed: changing it is a decision and not an accident.

A run that is open while the code changes is replayed by the new code. If that asks for something else, or in
another order, the run is stuck. `make histories` renews fingerprints.json.
"""

import asyncio
import difflib
import json
from pathlib import Path

import pytest

from domain.phases import OperationKind
from runtime.settings import Settings
from runtime.temporal import connect
from tests.workflows.answers import ANSWERS
from tests.workflows.commands import PATCH
from tests.workflows.plays import plays
from tests.workflows.theatre import Play, Theatre
from workflows.registry import WORKFLOWS

FINGERPRINTS = Path(__file__).with_name("fingerprints.json")
AT_ONCE = 4
ADVICE = """
The workflow code asks for other things than before, or in another order. Runs that are open would be stuck if
this code replayed them: those that wait for a person, and all of them where no TENANTRY_BUILD_ID is set.
  - Not on purpose: put the order back.
  - On purpose: do the new thing only `if workflow.patched("<what changes>")`, else the old one, so that
    tests/workflows/test_replay.py still passes; or, if no run may be open while it is rolled out, say so in
    CHANGELOG.md. Then renew fingerprints and histories with `make histories`, and commit them.
docs/deploying.md tells the whole way."""
PATCHED = """
The change is patched. Renew fingerprints and histories with `make histories`, and commit them."""


async def test_no_command_order_changes_unnoticed(settings: Settings) -> None:
    """Today's code asks for the same things in the same order as when fingerprints.json was committed."""
    known: dict[str, list[str]] = json.loads(FINGERPRINTS.read_text())
    today = await fingerprints(settings)
    changes = [
        line
        for name in sorted(known.keys() | today.keys())
        for line in difflib.unified_diff(
            known.get(name, []), today.get(name, []), f"{name} as committed", f"{name} today", lineterm=""
        )
    ]
    if changes:
        new_patches = _patches(today) - _patches(known)
        pytest.fail("\n".join([*changes, PATCHED if new_patches else ADVICE]), pytrace=False)


async def test_a_play_goes_the_same_way_each_time(settings: Settings) -> None:
    """The fingerprint depends on the code alone: played again, a play asks for the same things."""
    names = {"signup-attention", "scale-retargeted", "teardown-skipped"}
    assert await fingerprints(settings, names) == await fingerprints(settings, names)


def test_every_workflow_type_has_a_fingerprint() -> None:
    """A new workflow type, which has no play in tests/workflows/plays.py, fails here."""
    played = {play.workflow for play in plays()}
    assert {workflow.__name__ for workflow in WORKFLOWS} <= played


ENDINGS = {
    OperationKind.TEARDOWN: {"closed", "deleted", "attention", "skipped", "aborted", "amended", "recovered"},
    OperationKind.REMOVE: {"done", "attention", "recovered"},
    OperationKind.REPAIR: {"done", "failed", "cancelled", "taken-over", "attention", "recovered"},
}
"""Where they differ from those of a change that can be undone."""
UNDONE = {"done", "failed", "cancelled", "taken-over", "attention", "recovered", "recovered-undoing"}


@pytest.mark.parametrize("kind", OperationKind)
def test_every_ending_has_a_fingerprint(kind: OperationKind) -> None:
    """Each operation is played to every ending that it can have."""
    endings = ENDINGS.get(kind, UNDONE)
    assert {f"{kind}-{ending}" for ending in endings} <= {play.name for play in plays()}


async def fingerprints(settings: Settings, names: set[str] | None = None) -> dict[str, list[str]]:
    """The commands of every play, or of those that are named, by its name."""
    wanted = [play for play in plays() if names is None or play.name in names]
    async with Theatre(await connect(settings), ANSWERS).open() as theatre:
        some = asyncio.Semaphore(AT_ONCE)

        async def one(play: Play) -> list[str]:
            async with some:
                return await theatre.commands(play)

        found = await asyncio.gather(*(one(play) for play in wanted))
    return {play.name: commands for play, commands in zip(wanted, found, strict=True)}


def _patches(found: dict[str, list[str]]) -> set[str]:
    return {line for lines in found.values() for line in lines if line.startswith(PATCH)}
