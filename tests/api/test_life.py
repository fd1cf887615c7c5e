"""A tenant's life over HTTP, with the real worker behind it."""

from tests.api.front import Front, Json, code_of, new_key, until


async def test_a_signup_is_accepted_and_becomes_active(front: Front) -> None:
    """A 202 names operation and tenant, Location leads to the operation, and the tenant becomes active."""
    body = await front.signup_body()
    answer = await front.ask("POST", "/v1/tenants", body)
    accepted = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == accepted["links"]["operation"]
    assert (accepted["tenant_id"], accepted["slug"]) == (body["id"], body["slug"])
    ended = await front.ended(accepted["operation_id"])
    assert (ended["status"], ended["percent"], ended["error"]) == ("succeeded", 100, None)
    assert ended["steps"]
    assert all(step["status"] == "done" for step in ended["steps"])
    tenant = (await front.http.get(f"/v1/tenants/{body['slug']}")).json()
    assert tenant["phase"] == "active"
    assert tenant["target"]["users"] == 20
    assert tenant["sizes"]["components"]
    assert tenant["url"].startswith(f"https://{body['slug']}.")
    assert tenant["operation_id"] is None


async def test_a_whole_life(front: Front) -> None:
    """Scale, suspend, resume, teardown with a grace, restore, removal: each is taken and shows its phase."""
    signed_up = await front.active()
    slug = signed_up["slug"]

    async def do(method: str, path: str, phase: str, body: dict[str, object] | None = None) -> None:
        answer = await front.ask(method, f"/v1/tenants/{slug}{path}", body)
        assert answer.status_code == 202, answer.text
        ended = await front.ended(answer.json()["operation_id"])
        assert ended["status"] == "succeeded", ended
        assert (await front.http.get(f"/v1/tenants/{slug}")).json()["phase"] == phase

    await do("PATCH", "", "active", {"resources": {"servers": 3}})
    await do("PATCH", "", "active", {"users": 300})
    target = (await front.http.get(f"/v1/tenants/{slug}")).json()["target"]
    assert (target["users"], target["resources"]["servers"], target["plan"]) == (300, 3, "echo")
    await do("POST", "/suspend", "suspended")
    await do("POST", "/resume", "active")
    await do("DELETE", "?grace=600", "closed")
    assert (await front.http.get(f"/v1/tenants/{slug}")).json()["remove_after"]
    await do("POST", "/restore", "active")
    missing = await front.http.get(f"/v1/tenants/{slug}/certificate")
    assert (missing.status_code, code_of(missing)) == (404, "CertificateNotFound")
    await do("DELETE", "?grace=0", "deleted")
    certificate = (await front.http.get(f"/v1/tenants/{slug}/certificate")).json()
    assert certificate["tenant_id"] == signed_up["tenant_id"]
    assert certificate["entries"]
    history = (await front.http.get(f"/v1/tenants/{slug}/operations")).json()
    assert [entry["kind"] for entry in history] == [
        "teardown", "restore", "teardown", "resume", "suspend", "scale", "scale", "signup",
    ]  # fmt: skip


async def test_an_operation_can_be_cancelled(front: Front) -> None:
    """A cancelled sign-up is undone, the repeat of the cancellation answers the same, a new one is a 409."""
    accepted = await front.sign_up(plan="team")
    url, key = f"/v1/operations/{accepted['operation_id']}/cancel", new_key()
    first = await front.ask("POST", url, key=key)
    assert first.status_code == 202, first.text
    assert first.headers["location"] == accepted["links"]["operation"]
    ended = await front.ended(accepted["operation_id"])
    assert ended["status"] == "cancelled"
    repeat = await front.ask("POST", url, key=key)
    assert (repeat.status_code, repeat.json()) == (202, first.json())
    another = await front.ask("POST", url)
    assert (another.status_code, code_of(another)) == (409, "OperationFinished")


async def test_what_waits_for_attention_is_tried_again(front: Front) -> None:
    """A stuck undo names step and reason; mended and asked to retry, it goes on; repeats reach it once."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    front.providers.stick(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()
    url = accepted["links"]["operation"]
    early = await front.ask("POST", f"{url}/retry")
    assert (early.status_code, code_of(early)) == (409, "NotPossibleNow")
    assert (await front.ask("POST", f"{url}/cancel")).status_code == 202

    async def stuck() -> Json | None:
        view = await front.operation(accepted["operation_id"])
        return view["conditions"][0] if view["conditions"] else None

    condition = await until(stuck)
    assert (condition["type"], condition["reason"]) == ("NeedsAttention", "AccessDenied")
    assert "the test says no" in condition["message"]
    front.providers.mend(body["slug"])
    key = new_key()
    assert (await front.ask("POST", f"{url}/retry", key=key)).status_code == 202
    assert (await front.ended(accepted["operation_id"]))["status"] == "cancelled"
    assert (await front.ask("POST", f"{url}/retry", key=key)).status_code == 202


async def test_a_slug_can_be_used_again(front: Front) -> None:
    """A slug shows the tenant that has it now; `id` picks the one that had it before."""
    first = await front.active()
    slug = first["slug"]
    deleted = await front.ask("DELETE", f"/v1/tenants/{slug}?grace=0")
    await front.ended(deleted.json()["operation_id"])
    body = await front.signup_body(slug=slug)
    second = (await front.ask("POST", "/v1/tenants", body)).json()
    assert (await front.http.get(f"/v1/tenants/{slug}")).json()["id"] == second["tenant_id"]
    before = (await front.http.get(f"/v1/tenants/{slug}?id={first['tenant_id']}")).json()
    assert (before["id"], before["phase"]) == (first["tenant_id"], "deleted")
    await front.ended(second["operation_id"])


async def test_an_undo_is_told_beside_the_work(front: Front) -> None:
    """A cancelled sign-up keeps when its steps began and how far it came, and tells the undo by itself."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()

    async def begun() -> Json | None:
        view = await front.operation(accepted["operation_id"])
        return next((step for step in view["steps"] if step["started_at"]), None)

    before = await until(begun)
    await front.ask("POST", f"{accepted['links']['operation']}/cancel")
    ended = await front.ended(accepted["operation_id"])
    assert (ended["status"], ended["percent"], ended["undone_percent"]) == ("cancelled", 0, 100)
    after = next(step for step in ended["steps"] if step["name"] == before["name"])
    assert (after["status"], after["started_at"]) == ("undone", before["started_at"])
    assert before["started_at"] < after["undo_started_at"] <= after["undo_finished_at"]
