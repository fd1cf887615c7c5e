"""Two wishes at once: what may end an open run does, everything else is told what stands in the way."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.api.front import Front, Json, code_of


@pytest.fixture
async def signing_up(front: Front) -> AsyncIterator[Json]:
    """The 202 of a sign-up that runs until the test ends."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    answer = await front.ask("POST", "/v1/tenants", body)
    assert answer.status_code == 202, answer.text
    yield answer.json()
    front.providers.release(body["slug"])
    await front.ended(answer.json()["operation_id"])


@pytest.fixture
async def scaling(front: Front) -> AsyncIterator[Json]:
    """The 202 of a scale to 40 users that runs until the test ends."""
    signed_up = await front.active()
    slug = signed_up["slug"]
    front.providers.hold(slug)
    answer = await front.ask("PATCH", f"/v1/tenants/{slug}", {"users": 40})
    assert answer.status_code == 202, answer.text
    yield answer.json()
    front.providers.release(slug)
    await front.ended(answer.json()["operation_id"])


@pytest.mark.parametrize(("method", "path", "body"), [("PATCH", "", {"users": 9}), ("POST", "/resume", None)])
async def test_a_change_during_a_signup_names_the_signup(
    front: Front, signing_up: Json, method: str, path: str, body: Json | None
) -> None:
    """409 with kind, id and address of the open operation, which goes on untouched."""
    answer = await front.ask(method, f"/v1/tenants/{signing_up['slug']}{path}", body)
    assert (answer.status_code, code_of(answer)) == (409, "OperationInProgress")
    assert answer.json()["operation"] == {
        "id": signing_up["operation_id"],
        "kind": "signup",
        "url": signing_up["links"]["operation"],
    }
    assert signing_up["operation_id"] in answer.json()["detail"]
    assert (await front.operation(signing_up["operation_id"]))["status"] == "running"


async def test_a_teardown_takes_a_signup_over(front: Front, signing_up: Json) -> None:
    """A teardown in the middle is accepted, names its own operation, and ends with nothing left."""
    slug = signing_up["slug"]
    answer = await front.ask("DELETE", f"/v1/tenants/{slug}?grace=0")
    assert answer.status_code == 202, answer.text
    ended = await front.ended(answer.json()["operation_id"])
    assert (ended["kind"], ended["status"]) == ("teardown", "succeeded")
    first = await front.operation(signing_up["operation_id"])
    assert (first["status"], first["superseded_by"]) == ("superseded", answer.json()["operation_id"])
    assert (await front.http.get(f"/v1/tenants/{slug}")).json()["phase"] == "deleted"


async def test_a_suspend_takes_a_scale_over(front: Front, scaling: Json) -> None:
    """While it waits for the scale to be undone, the suspend is shown as waiting; then it succeeds."""
    slug = scaling["slug"]
    answer = await front.ask("POST", f"/v1/tenants/{slug}/suspend")
    assert answer.status_code == 202, answer.text
    assert (await front.operation(answer.json()["operation_id"]))["status"] in {"waiting", "running"}
    front.providers.release(slug)
    assert (await front.ended(answer.json()["operation_id"]))["status"] == "succeeded"
    tenant = (await front.http.get(f"/v1/tenants/{slug}")).json()
    assert (tenant["phase"], tenant["target"]["users"]) == ("suspended", 20)


async def test_a_second_teardown_names_the_first(front: Front) -> None:
    """409 while the first runs, and once it is done unless the second brings the removal forward."""
    signed_up = await front.active()
    url = f"/v1/tenants/{signed_up['slug']}"
    front.providers.hold(signed_up["slug"])
    scaling = await front.ask("PATCH", url, {"users": 33})
    first = await front.ask("DELETE", f"{url}?grace=600")
    second = await front.ask("DELETE", f"{url}?grace=600")
    assert (first.status_code, second.status_code) == (202, 409), second.text
    assert code_of(second) == "OperationInProgress"
    front.providers.release(signed_up["slug"])
    assert (await front.ended(first.json()["operation_id"]))["status"] == "succeeded"
    third = await front.ask("DELETE", url)
    assert (third.status_code, code_of(third)) == (409, "PhaseConflict")
    assert "restore" in third.json()["detail"]
    later = await front.ask("DELETE", f"{url}?grace=700")
    assert (later.status_code, code_of(later)) == (409, "PhaseConflict")
    sooner = await front.ask("DELETE", f"{url}?grace=0")
    assert (await front.ended(sooner.json()["operation_id"]))["status"] == "succeeded"
    assert (await front.http.get(url)).json()["phase"] == "deleted"
    assert (await front.http.get(f"{url}/certificate")).status_code == 200
    assert (await front.ended(scaling.json()["operation_id"]))["status"] == "superseded"


async def test_a_newer_target_takes_the_place_of_the_older(front: Front, scaling: Json) -> None:
    """A scale during a scale is an operation of its own, starts from the newest target and supersedes it."""
    slug = scaling["slug"]
    answer = await front.ask("PATCH", f"/v1/tenants/{slug}", {"resources": {"servers": 5}})
    assert answer.status_code == 202, answer.text
    assert answer.json()["operation_id"] != scaling["operation_id"]
    front.providers.release(slug)
    assert (await front.ended(answer.json()["operation_id"]))["status"] == "succeeded"
    assert (await front.ended(scaling["operation_id"]))["status"] == "superseded"
    target = (await front.http.get(f"/v1/tenants/{slug}")).json()["target"]
    assert (target["users"], target["resources"]["servers"]) == (40, 5)


@pytest.mark.parametrize(("path", "phase"), [("/resume", "suspended"), ("/restore", "closed")])
async def test_a_change_that_the_phase_does_not_allow(
    front: Front, active: Json, path: str, phase: str
) -> None:
    """409 says which phase is needed and starts no run."""
    before = await front.runs_of(active["slug"], active["tenant_id"])
    answer = await front.ask("POST", f"/v1/tenants/{active['slug']}{path}")
    assert (answer.status_code, code_of(answer)) == (409, "PhaseConflict")
    assert phase in answer.json()["detail"]
    assert await front.runs_of(active["slug"], active["tenant_id"]) == before


async def test_a_taken_slug_is_refused_and_its_owner_untouched(front: Front, active: Json) -> None:
    """A stranger who asks for a taken slug, or for a taken id, makes and changes nothing."""
    before = (await front.http.get(f"/v1/tenants/{active['slug']}")).json()
    taken = await front.ask("POST", "/v1/tenants", await front.signup_body(slug=active["slug"]))
    assert (taken.status_code, code_of(taken)) == (409, "SlugTaken")
    same_id = await front.ask("POST", "/v1/tenants", await front.signup_body(id=active["tenant_id"]))
    assert (same_id.status_code, code_of(same_id)) == (409, "TenantIdTaken")
    assert (await front.http.get(f"/v1/tenants/{active['slug']}")).json() == before


async def test_of_signups_for_one_slug_at_once_one_wins(front: Front) -> None:
    """Different callers that ask for one slug at the same moment: one 202, the others 409, all told so."""
    slug = (await front.signup_body())["slug"]
    bodies = [await front.signup_body(slug=slug) for _ in range(5)]
    answers = await asyncio.gather(*(front.ask("POST", "/v1/tenants", body) for body in bodies))
    assert sorted(a.status_code for a in answers) == [202, 409, 409, 409, 409]
    assert {code_of(a) for a in answers if a.status_code == 409} == {"SlugTaken"}
    winner = next(a.json() for a in answers if a.status_code == 202)
    assert (await front.ended(winner["operation_id"]))["status"] == "succeeded"


async def test_a_change_right_after_the_last_one_ended(front: Front) -> None:
    """The run of a change that has ended may still be closing: the next change waits that moment out."""
    signed_up = await front.active()
    for path in ("suspend", "resume", "suspend", "resume"):
        answer = await front.ask("POST", f"/v1/tenants/{signed_up['slug']}/{path}")
        assert answer.status_code == 202, answer.text
        assert (await front.ended(answer.json()["operation_id"]))["status"] == "succeeded"
