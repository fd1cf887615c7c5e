"""A preview is refused as its change would be, and asks for nothing that only a change needs."""

from datetime import timedelta
from typing import Any

import pytest

import api.previews
from tests.api.front import Front, Json, code_of
from workflows import policies


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, these tests are about the answer."""
    monkeypatch.setattr(policies, "PREVIEW_LIMIT", timedelta(seconds=50))
    monkeypatch.setattr(api.previews, "ANSWER_SECONDS", 60)
    monkeypatch.setattr(api.previews, "RUN_LIMIT", timedelta(seconds=60))


SCALES: list[Json] = [{"plan": "gold"}, {"plan": "team"}, {"users": 5000}, {"resources": {"servers": -1}}]


@pytest.mark.parametrize(
    ("preview", "method", "way", "body"),
    [
        *(({"change": "scale", **wish}, "PATCH", "", wish) for wish in SCALES),
        ({"change": "resume"}, "POST", "/resume", None),
        ({"change": "restore"}, "POST", "/restore", None),
    ],
)
async def test_the_same_problem(
    front: Front, active: Json, preview: Json, method: str, way: str, body: Json | None
) -> None:
    """Plan, users, counts and phase: code, words and fields are those of the change itself."""
    path = f"/v1/tenants/{active['slug']}"
    await _refused_alike(front, path, preview, method, f"{path}{way}", body)


@pytest.mark.parametrize(
    ("body", "field", "hint"),
    [
        ({}, "change", "is missing"),
        ({"change": "explode"}, "change", "'scale'"),
        ({"change": "scale"}, "body", "at least one"),
        ({"change": "scale", "grace": 0, "users": 9}, "grace", "a scale has none"),
        ({"change": "suspend", "users": 5}, "users", "a suspend has none"),
        ({"change": "teardown", "grace": -1}, "grace", "greater than or equal to 0"),
        ({"change": "teardown", "grace": 99_999_999}, "grace", "less than or equal"),
        ({"change": "suspend", "pause_before": []}, "pause_before", "no such field"),
    ],
)
async def test_a_bad_preview_names_its_field(
    front: Front, active: Json, body: Json, field: str, hint: str
) -> None:
    """What no change could be asked with is a 422 that names the field."""
    answer = await front.http.post(f"/v1/tenants/{active['slug']}/preview", json=body)
    assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec")
    problems = {problem["field"]: problem["message"] for problem in answer.json()["errors"]}
    assert hint in problems[field]


async def test_a_preview_needs_no_key_and_starts_no_operation(front: Front, active: Json) -> None:
    """Asked without an Idempotency-Key, it leaves the tenant and its operations as they were."""
    path = f"/v1/tenants/{active['slug']}"

    async def known() -> list[Any]:
        return [(await front.http.get(f"{path}{way}")).json() for way in ("", "/operations")]

    before = await known()
    answer = await front.http.post(f"{path}/preview", json={"change": "scale", "users": 600})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["now"]["target"]["users"], found["then"]["target"]["users"]) == (20, 600)
    assert found["tenant_etag"] == (await front.http.get(path)).headers["ETag"]
    assert found["capacity"]["then"]["cpu_millis"] == 3 * 50
    assert (found["price"], found["remarks"]) == (
        None, ["price: the tenant has never been active on a plan with a price"],
    )  # fmt: skip
    assert await known() == before


async def test_while_a_sign_up_runs(front: Front) -> None:
    """What would take its place is told, what would not be taken is refused as the change is."""
    slug = (await front.signup_body())["slug"]
    front.providers.hold(slug)
    accepted = await front.sign_up(slug=slug)
    path = f"/v1/tenants/{slug}"
    for change, phase in (("suspend", "suspended"), ("teardown", "deleted")):
        answer = await front.http.post(f"{path}/preview", json={"change": change})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["takes_over"]["id"] == accepted["operation_id"]
        assert (found["now"]["phase"], found["then"]["phase"]) == ("provisioning", phase)
        assert ("is not known yet" in found["remarks"][0]) == (change == "suspend")
    await _refused_alike(front, path, {"change": "scale", "users": 9}, "PATCH", path, {"users": 9})
    await _refused_alike(front, path, {"change": "resume"}, "POST", f"{path}/resume")
    front.providers.release(slug)
    await front.ended(accepted["operation_id"])


async def test_a_grace_that_runs(front: Front) -> None:
    """Of a closed tenant an earlier end of its grace is foreseen; a later one is refused as it would be."""
    slug = (await front.active())["slug"]
    path = f"/v1/tenants/{slug}"
    accepted = await front.ask("DELETE", f"{path}?grace=3600")
    await front.ended(accepted.json()["operation_id"])
    later = {"change": "teardown", "grace": 7200}
    await _refused_alike(front, path, later, "DELETE", f"{path}?grace=7200")
    await _refused_alike(front, path, {"change": "suspend"}, "POST", f"{path}/suspend")
    sooner = (await front.http.post(f"{path}/preview", json={"change": "teardown", "grace": 60})).json()
    known = (await front.http.get(path)).json()
    assert (sooner["then"]["phase"], sooner["disruption"]["severity"]) == ("closed", "none")
    assert sooner["remove_after"] < known["remove_after"]


async def _refused_alike(
    front: Front, path: str, preview: Json, method: str, way: str, body: Json | None = None
) -> None:
    answers = [await front.http.post(f"{path}/preview", json=preview), await front.ask(method, way, body)]
    codes = [code_of(answer) for answer in answers]
    assert codes[0] == codes[1]
    problems = [answer.json() for answer in answers]
    for told in ("detail", "errors", "operation"):
        assert problems[0].get(told) == problems[1].get(told)
