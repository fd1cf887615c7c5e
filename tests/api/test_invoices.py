"""Invoices and closing runs over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.app import create_app
from catalog import Catalog
from domain.messages import CloseInput
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import Front, Json, code_of, new_key

MONTH = timedelta(days=32)


@pytest.fixture(scope="module")
async def billed(front: Front) -> Json:
    """The 202 of a tenant whose first month is closed."""
    accepted = await front.active(plan="team", users=20)
    view = await front.closed(datetime.now(UTC) + MONTH)
    assert (view["state"], view["error"], view["result"]["failed"]) == ("done", "", 0)
    return accepted


async def listed(front: Front, slug: str, query: str = "") -> Json:
    answer = await front.http.get(f"/v1/tenants/{slug}/invoices{query}")
    assert answer.status_code == 200, answer.text
    page: Json = answer.json()
    return page


async def test_invoices_are_listed_page_by_page(front: Front, billed: Json) -> None:
    """Newest first, and every one once however small the pages are."""
    whole = (await listed(front, billed["slug"]))["items"]
    assert [(one["status"], one["total_minor"]) for one in whole] == [("final", 12000), ("final", 12000)]
    assert whole[0]["period"]["to"] > whole[1]["period"]["from"]
    first = await listed(front, billed["slug"], "?limit=1")
    second = await listed(front, billed["slug"], f"?limit=1&cursor={first['next']}")
    assert (first["items"] + second["items"], second["next"]) == (whole, None)
    refused = await front.http.get(f"/v1/tenants/{billed['slug']}/invoices?cursor=x")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "cursor")


async def test_an_invoice_is_read_in_three_forms(front: Front, billed: Json) -> None:
    """By number or id the same document; as HTML and PDF it bears its number."""
    newest = (await listed(front, billed["slug"]))["items"][0]
    document = (await front.http.get(f"/v1/invoices/{newest['number']}")).json()
    assert document == (await front.http.get(f"/v1/invoices/{newest['id']}")).json()
    assert document["lines"][0]["description"] == "team fee: 20 × €6.00"
    html = await front.http.get(f"/v1/invoices/{newest['number']}.html")
    assert html.headers["content-type"].startswith("text/html")
    assert newest["number"] in html.text
    pdf = await front.http.get(f"/v1/invoices/{newest['number']}.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")


@pytest.mark.parametrize("path", ["no-such-one", "no-such-one.pdf", "draft-a23456789012-x", "%00", "é.html"])
async def test_an_unknown_invoice_is_not_found(front: Front, path: str) -> None:
    """Whatever it is called."""
    answer = await front.http.get(f"/v1/invoices/{path}")
    assert (answer.status_code, code_of(answer)) == (404, "InvoiceNotFound")


async def test_a_repeated_closing_is_one_run(front: Front) -> None:
    """The key decides: the same request meets the same run, another one is refused."""
    key, body = new_key(), {"as_of": "2024-01-01T00:00:00Z"}
    first, again = [await front.ask("POST", "/v1/closings", body, key) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["Location"] == again.headers["Location"] == f"/v1/closings/{first.json()['id']}"
    other = await front.ask("POST", "/v1/closings", {}, key)
    assert (other.status_code, code_of(other)) == (422, "IdempotencyKeyReused")
    wrong = await front.ask("POST", "/v1/closings", {"as_of": "2024-01-01"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "as_of")
    for missing in ("x", "cl" + "0" * 20):
        assert code_of(await front.http.get(f"/v1/closings/{missing}")) == "ClosingNotFound"


async def test_a_moment_to_come_is_refused_before_anything_runs(
    front: Front, api_settings: Settings, catalog: Catalog
) -> None:
    """What is final then is not known now; only installations that say so may run ahead."""
    strict = api_settings.model_copy(update={"billing_may_run_ahead": False})
    async with served(create_app(strict, catalog=catalog)) as address:
        body = {"as_of": (datetime.now(UTC) + MONTH).isoformat()}
        answer = await front.http.post(f"{address}/v1/closings", json=body, headers=new_key())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "as_of")
    assert "yet to come" in answer.json()["detail"]


async def test_an_invoice_is_replayed_and_explained(front: Front, billed: Json) -> None:
    """Nothing differs and nothing is to come; a line tells the segments and terms that it follows from."""
    newest = (await listed(front, billed["slug"]))["items"][0]
    url = f"/v1/invoices/{newest['number']}"
    replay = (await front.http.get(f"{url}/replay?latest=true")).json()
    assert replay == {"number": newest["number"], "same": True, "differences": [], "to_come": []}
    line = (await front.http.get(url)).json()["lines"][0]
    told = (await front.http.get(f"{url}/explanation", params={"key": line["key"]})).json()
    assert (told["line"], told["owed_minor"], told["formula"]) == (line, 12000, line["description"])
    assert [(one["plan"], one["quantity"], one["state"]) for one in told["segments"]] == [
        ("team", 20, "active")
    ]
    assert told["terms"][0]["terms"]["fee"] == {"amount": "6.00", "charge": "advance"}
    missing = await front.http.get(f"{url}/explanation?key=fee")
    assert (missing.status_code, code_of(missing)) == (404, "LineNotFound")
    assert code_of(await front.http.get("/v1/invoices/%00/replay")) == "InvoiceNotFound"


async def test_a_run_that_was_ended_from_outside_has_failed(front: Front) -> None:
    """It says so, and not that it runs for ever."""
    closing_id = f"cl{uuid4().hex[:20]}"
    run = await front.temporal.start_workflow(
        "ClosePeriods", CloseInput(), id=f"closing/{closing_id}", task_queue="of-nobody"
    )
    await run.terminate("not today")
    view = (await front.http.get(f"/v1/closings/{closing_id}")).json()
    assert (view["state"], view["result"], "terminated" in view["error"]) == ("failed", None, True)
