"""Requests of an engineer on call: what is refused, and what a repeat means."""

from typing import Any

import pytest

from tests.api.front import Front, Json, code_of, new_key, until


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("skip", {"step": "app"}, "reason"),
        ("skip", {"reason": "because"}, "step"),
        ("skip", {"step": "App!", "reason": "because"}, "step"),
        ("skip", {"step": "app", "reason": " "}, "reason"),
        ("abort", {}, "reason"),
        ("abort", {"reason": "x" * 301}, "reason"),
        ("abort", {"reason": "because", "step": "app"}, "step"),
        ("amend", {"step": "app", "reason": "because"}, "input"),
        ("amend", {"step": "app", "reason": "because", "input": {}}, "input"),
        ("amend", {"step": "app", "reason": "because", "input": {"final_snapshot": True}}, "input"),
        ("amend", {"step": "app", "reason": "because", "input": {"database_class": "huge"}}, "input"),
        ("retry", {"step": 5}, "step"),
        ("resume", {"why": "because"}, "why"),
    ],
)
async def test_a_wrong_body_names_its_field(front: Front, action: str, body: Json, field: str) -> None:
    """Whatever the operation, the refusal is a 422 that names what is wrong."""
    answer = await front.ask("POST", f"/v1/operations/op000/{action}", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field), answer.text


@pytest.mark.parametrize("action", ["retry", "skip", "abort", "amend", "resume"])
async def test_an_ended_operation_takes_no_intervention(front: Front, action: str) -> None:
    """Nothing is changed about what has ended; an operation that never was is not found."""
    accepted = await front.active()
    body: dict[str, dict[str, Any]] = {
        "skip": {"step": "app", "reason": "because"},
        "abort": {"reason": "because"},
        "amend": {"step": "app", "reason": "because", "input": {"final_snapshot": False}},
    }
    url = f"{accepted['links']['operation']}/{action}"
    answer = await front.ask("POST", url, body.get(action))
    assert (answer.status_code, code_of(answer)) == (409, "OperationFinished")
    missing = await front.ask("POST", f"/v1/operations/op000/{action}", body.get(action))
    assert (missing.status_code, code_of(missing)) == (404, "OperationNotFound")


async def test_a_body_that_is_left_out_needs_no_type(front: Front) -> None:
    """A retry may come without a body; one that calls itself something else than JSON is refused."""
    headers = new_key() | {"Content-Type": "text/plain"}
    answer = await front.http.post("/v1/operations/op000/retry", content="now", headers=headers)
    assert answer.status_code == 415
    assert (await front.ask("POST", "/v1/operations/op000/retry")).status_code == 404


async def test_a_pause_is_shown_and_aborted_once(front: Front) -> None:
    """Paused, the operation says so; an abort under the same key is one abort, with its reason kept."""
    accepted = await front.sign_up(pause_before=["app"])
    url = accepted["links"]["operation"]

    async def paused() -> Json | None:
        view = await front.operation(accepted["operation_id"])
        return view["conditions"][0] if view["conditions"] else None

    condition = await until(paused)
    assert (condition["type"], condition["stops"][0]["step"]) == ("Paused", "app")

    async def listed() -> bool:
        items = (await front.http.get("/v1/attention?limit=200")).json()["items"]
        return accepted["operation_id"] in [item["operation_id"] for item in items]

    await until(listed)  # the run shows it first and writes it down then
    key = new_key()
    for _ in range(2):
        answer = await front.ask("POST", f"{url}/abort", {"reason": "not now"}, key)
        assert answer.status_code == 202, answer.text
    ended = await front.ended(accepted["operation_id"])
    assert (ended["status"], ended["conditions"]) == ("cancelled", [])
    assert [(did["action"], did["why"]) for did in ended["interventions"]] == [("abort", "not now")]
    other = await front.ask("POST", f"{url}/abort", {"reason": "another"}, key)
    assert code_of(other) == "IdempotencyKeyReused"


async def test_a_wrong_cursor_of_the_list_is_named(front: Front) -> None:
    """A cursor of somebody else is a 422 and no empty page."""
    answer = await front.http.get("/v1/attention?cursor=eA")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")
