"""What a platform engineer finds in the Temporal UI about a run."""

import json

from temporalio.api.enums.v1 import EventType

from tests.workflows.faults import STEP
from tests.workflows.stage import Stage


async def test_a_run_says_what_it_is_and_what_it_waits_for(stage: Stage) -> None:
    """An open run has a summary, search attributes, and details with a checklist of its steps."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "database")
        run = stage.run_of(signup)
        described = await run.describe()
        summary, details = await described.static_summary(), await described.static_details()
        current = json.dumps(await run.query("__temporal_workflow_metadata"), default=str)
    await stage.finished(signup)
    found = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    found.pop("BuildIds", None)  # Temporal's own
    assert signup["slug"] in (summary or "")
    assert signup["slug"] in (details or "")
    assert "Session recordings" in current
    assert "Database" in current
    assert found == {
        "TenantSlug": signup["slug"],
        "TenantPlan": "team",
        "TenantRegion": "us-east-1",
        "TenantPhase": "provisioning",
        "OperationKind": "signup",
        "NeedsAttention": False,
    }


async def test_an_ended_run_shows_the_tenants_phase(stage: Stage) -> None:
    """The search attribute TenantPhase of an ended run is the phase that it left."""
    signup = await stage.active()
    await stage.closed(signup)
    described = await stage.run_of(signup).describe()
    found = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert found["TenantPhase"] == "active"


async def test_every_step_of_a_run_has_a_summary(stage: Stage) -> None:
    """Each activity in the history of a sign-up carries a summary for people."""
    signup = await stage.active()
    history = await stage.run_of(signup).fetch_history()
    scheduled = [
        event for event in history.events if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    assert scheduled
    assert all(event.user_metadata.summary.data for event in scheduled)


async def test_a_quick_signup_costs_at_most_thirty_actions(stage: Stage) -> None:
    """Starts, updates, timers, upserts and activity attempts of a sign-up without delays: 30 at most."""
    signup = await stage.active()
    await stage.closed(signup)
    history = await stage.run_of(signup).fetch_history()
    billed = {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    }
    attempts = sum(
        event.activity_task_started_event_attributes.attempt
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    )
    assert sum(event.event_type in billed for event in history.events) + attempts <= 30
