"""Records what test_replay.py replays. Not collected by `make test`; run by `make histories`."""

import contextlib
from pathlib import Path

import pytest
from temporalio.client import WorkflowExecution, WorkflowExecutionStatus

from domain.naming import workflow_id
from runtime.clock import MovableClock
from runtime.settings import ROOT
from tests.workflows.scenarios import SCENARIOS, Scenario
from tests.workflows.stage import Stage

HISTORIES = Path(__file__).parent / "histories"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_record(stage: Stage, clock: MovableClock, scenario: Scenario) -> None:
    """Every run of the scenario has ended and is written to a file, one per workflow type."""
    played = await scenario.play(stage, clock)
    main = played.get("workflow_id") or workflow_id(played["slug"], played["tenant_id"])
    with contextlib.suppress(Exception):  # how it ended is recorded
        await stage.client.get_workflow_handle(main).result()
    query = f'WorkflowId = "{main}"'
    if scenario.also:
        query += f' OR WorkflowType = "{scenario.also}"'
    HISTORIES.mkdir(exist_ok=True)
    runs = [run async for run in stage.client.list_workflows(query)]
    recorded = {run.workflow_type for run in runs if await _record(stage, scenario, run)}
    assert recorded >= {scenario.also} - {""}
    assert recorded - {scenario.also}


async def _record(stage: Stage, scenario: Scenario, run: WorkflowExecution) -> bool:
    """Whether the run is one of the scenario. Of several of a type the one that ended first is kept."""
    prelude = run.workflow_type == "SignupTenant" and not scenario.name.startswith("signup")
    # A terminated run is carried on by one of the same type, which is the one to keep.
    if run.status in {WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.TERMINATED} or prelude:
        return False
    history = await stage.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
    text = history.to_json().replace(f"{ROOT}/", "")  # stack traces name the machine's folders
    (HISTORIES / f"{scenario.name}.{run.workflow_type}.json").write_text(text + "\n")
    return True
