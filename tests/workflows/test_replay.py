"""Workflow code replays: histories of every type and ending, recorded from real runs, are committed.

`make histories` records them anew after a deliberate, patched change of the code.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from devstack.engine import make_key_ring
from runtime.payloads import DATA_CONVERTER, data_converter
from runtime.settings import Settings
from tests.workflows.scenarios import SCENARIOS
from worker.app import workflow_runner
from workflows.registry import WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"
RECORDED = sorted(HISTORIES.glob("*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    """Today's code makes the same decisions as when the run was recorded."""
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=DATA_CONVERTER,
        workflow_runner=workflow_runner(sandboxed=True),
    )
    history = WorkflowHistory.from_json(workflow_id=path.stem, history=path.read_text())  # noqa: ASYNC240 - a small file
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is None


async def test_a_run_from_before_there_were_keys_goes_on(tmp_path: Path) -> None:
    """A worker that has got keys replays what was never sealed, failures included."""
    ring = make_key_ring(tmp_path / "keys.json")
    replayer = Replayer(workflows=WORKFLOWS, data_converter=data_converter(Settings(payload_keys_file=ring)))
    history = WorkflowHistory.from_json("undone", (HISTORIES / "signup-undone.SignupTenant.json").read_text())
    await replayer.replay_workflow(history)


def test_every_workflow_type_and_scenario_is_recorded() -> None:
    """A new workflow type or ending without a recorded history fails here."""
    names = {path.stem for path in RECORDED}
    assert {scenario.name for scenario in SCENARIOS} <= {name.rsplit(".", 1)[0] for name in names}
    types = {name.rsplit(".", 1)[1] for name in names}
    assert types == {workflow.__name__ for workflow in WORKFLOWS}


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_history_holds_no_secret(path: Path) -> None:
    """No payload, decoded, holds a password field, a usage token or what looks like a generated password."""
    text = "\n".join(_payloads(json.loads(path.read_text())))
    assert text
    assert not re.search(r'"(password|secretstring|masteruserpassword|token)"\s*:', text, re.IGNORECASE)
    assert "tnu_" not in text
    assert not re.search(r"(?<![A-Za-z0-9])[A-Za-z0-9]{40}(?![A-Za-z0-9])", text)


def _payloads(node: object) -> Iterator[str]:
    """Every payload's data below the node: histories hold them in base64."""
    if isinstance(node, dict):
        data = node.get("data")
        if isinstance(data, str) and "metadata" in node:
            yield base64.b64decode(data).decode()
        for value in node.values():
            yield from _payloads(value)
    elif isinstance(node, list):
        for value in node:
            yield from _payloads(value)
