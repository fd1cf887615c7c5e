"""Operations that were asked to wait before a step."""

from tests.workflows.faults import STEP
from tests.workflows.stage import Json, Stage
from tests.workflows.standing import attention, intervene, path, run_page, stops, url


async def test_a_signup_waits_before_a_step_and_goes_on_when_told(stage: Stage) -> None:
    """Paused, nothing of the step is made and the pause is shown; resumed, the sign-up ends active."""
    signup = await stage.ask_signup(pause_before=["dns"])
    view = await stage.until(signup, lambda view: "dns" in stops(view))
    assert [condition["type"] for condition in view["conditions"]] == ["Paused"]
    assert stops(view)["dns"]["actions"] == ["resume", "abort"]
    # The run answers for its operation; tenant and list follow with the note in the database.
    shown = await stage.until_tenant(signup, lambda view: bool(view["conditions"]))
    assert shown["conditions"][0]["status"] is True
    (listed,) = await attention(stage, signup)
    assert (listed["condition"], listed["step"]) == ("Paused", "dns")
    assert not any(thing.startswith("record ") for thing in await stage.things(signup))
    assert "Possible: resume_from_pause, abort" in await run_page(stage, signup)
    run = await stage.run_of(signup).describe()
    assert run.search_attributes["NeedsAttention"] == [False]
    await intervene(stage, signup, "resume", reason="the name is free now")
    ended = await stage.finished(signup)
    assert ended["status"] == "succeeded"
    assert [(did["action"], did["why"]) for did in ended["interventions"]] == [
        ("resume", "the name is free now")
    ]
    assert await attention(stage, signup) == []


async def test_several_pauses_are_ended_one_by_one(stage: Stage) -> None:
    """Steps that may run at once are paused at once; each goes on by itself, and all of them together."""
    signup = await stage.ask_signup(pause_before=["recordings", "foundation", "database-password"])
    await stage.until(signup, lambda view: len(stops(view)) == 3)
    await intervene(stage, signup, "resume", step="foundation")
    view = await stage.until(signup, lambda view: len(stops(view)) == 2)
    assert set(stops(view)) == {"recordings", "database-password"}
    problem = await stage.refused("POST", url(signup, "resume"), {"step": "foundation"})
    assert problem["code"] == "NotPossibleNow"
    await intervene(stage, signup, "resume")
    assert (await stage.finished(signup))["status"] == "succeeded"


async def test_a_paused_signup_can_be_cancelled(stage: Stage) -> None:
    """Cancelled while paused, a sign-up leaves nothing."""
    signup = await _paused(stage)
    await stage.ask("POST", url(signup, "cancel"))
    ended = await stage.finished(signup)
    assert (ended["status"], ended["conditions"]) == ("cancelled", [])
    assert await stage.things(signup) == []
    assert (await stage.tenant(signup))["conditions"] == []


async def test_a_paused_signup_can_be_torn_down(stage: Stage) -> None:
    """A teardown takes over a paused sign-up, which leaves nothing, with a certificate."""
    signup = await _paused(stage)
    teardown = await stage.ask("DELETE", path(signup))
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(signup) == []


async def test_a_failure_ends_a_pause(stage: Stage) -> None:
    """When another step fails for good, what is paused is not waited for: everything is undone."""
    async with STEP["auth"].refused(stage):
        signup = await stage.ask_signup(pause_before=["certificate"])
        ended = await stage.finished(signup)
    assert ended["status"] == "failed"
    assert await stage.things(signup) == []


async def test_a_paused_scale_is_taken_over_by_a_suspend(stage: Stage) -> None:
    """A suspend ends a paused scale, which is undone, and stops the tenant at its last good sizes."""
    tenant = await stage.active(users=50)
    scale = await stage.ask("PATCH", path(tenant), {"users": 120, "pause_before": ["auth"]})
    await stage.until(scale, lambda view: "auth" in stops(view))
    suspend = await stage.ask("POST", f"{path(tenant)}/suspend")
    assert (await stage.finished(suspend))["status"] == "succeeded"
    view = await stage.tenant(tenant)
    assert (view["phase"], view["target"]["users"]) == ("suspended", 50)


async def test_a_removal_waits_before_a_step(stage: Stage) -> None:
    """A teardown without grace may pause before it removes a step; from then on it only goes forward."""
    tenant = await stage.active()
    teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0&pause_before=database&pause_before=proxy")
    view = await stage.until(teardown, lambda view: "proxy" in stops(view))
    assert stops(view)["proxy"]["actions"] == ["resume", "abort"]
    await intervene(stage, teardown, "resume")
    view = await stage.until(teardown, lambda view: "database" in stops(view))
    assert stops(view)["database"]["actions"] == ["resume"]
    await intervene(stage, teardown, "resume")
    assert (await stage.finished(teardown))["status"] == "succeeded"


async def test_a_pause_at_no_step_of_the_operation_is_refused(stage: Stage) -> None:
    """An unknown step, and one that the operation does not come to, are refused with the steps there are."""
    tenant = await stage.active()
    for method, url_path, body in (
        ("PATCH", path(tenant), {"users": 30, "pause_before": ["dns", "proxy"]}),
        ("POST", f"{path(tenant)}/suspend?pause_before=recordings", None),
        ("DELETE", f"{path(tenant)}?grace=60&pause_before=nothing", None),
    ):
        problem = await stage.refused(method, url_path, body)
        assert (problem["status"], problem["errors"][0]["field"]) == (422, "pause_before")
        assert "its steps are" in problem["detail"]
        assert "proxy" in problem["detail"]


async def _paused(stage: Stage) -> Json:
    signup = await stage.ask_signup(pause_before=["config"])
    await stage.until(signup, lambda view: "config" in stops(view))
    return signup
