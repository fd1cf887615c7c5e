"""Records what test_replay.py replays. Not collected by `make test`; run by `make histories`."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.naming import workflow_id
from runtime.clock import MovableClock
from runtime.settings import ROOT
from tests.workflows.scenarios import SCENARIOS, Scenario
from tests.workflows.stage import Stage

HISTORIES = Path(__file__).parent / "histories"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_record(stage: Stage, clock: MovableClock, scenario: Scenario) -> None:
    """Every run of the scenario's tenant has ended and is written to a file, one per workflow type."""
    tenant = await scenario.play(stage, clock)
    await stage.closed(tenant)
    query = f'WorkflowId = "{workflow_id(tenant["slug"], tenant["tenant_id"])}"'
    if scenario.name == "remove-done":
        query += ' OR WorkflowType = "StartDueRemovals"'
    if scenario.name == "repair-done":
        query += ' OR WorkflowType = "CheckDrift"'
    if scenario.name == "signup-lost":
        query += ' OR WorkflowType = "RecoverLost"'
    HISTORIES.mkdir(exist_ok=True)
    count = 0
    async for run in stage.client.list_workflows(query):
        only_before = run.workflow_type == "SignupTenant" and not scenario.name.startswith("signup")
        # A terminated run is carried on by one of the same type, which is the one to keep.
        if run.status in {WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.TERMINATED} or only_before:
            continue
        history = await stage.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        text = history.to_json().replace(f"{ROOT}/", "")  # stack traces name the machine's folders
        (HISTORIES / f"{scenario.name}.{run.workflow_type}.json").write_text(text + "\n")
        count += 1
    assert count
