"""`tenantry billing` against a real API."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio.to_thread
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from api.app import create_app
from catalog import Catalog
from cli.connection import KEY_VARIABLE, URL_VARIABLE
from cli.main import main
from domain.counting import counted
from runtime.clock import SystemClock
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import ADMIN_KEY, Front, Json
from worker.app import build_worker


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Command = Callable[..., Awaitable[Ran]]


@pytest.fixture
def billing(front: Front, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `tenantry billing` with arguments, beside the server in this process."""
    monkeypatch.setenv(URL_VARIABLE, str(front.http.base_url))
    monkeypatch.setenv(KEY_VARIABLE, ADMIN_KEY)

    def call() -> int:
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    async def run(*arguments: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["tenantry", "billing", *arguments])
        capsys.readouterr()
        with capture_logs():  # those of the server, which shares stdout with the command here
            code = await anyio.to_thread.run_sync(call)
        streams = capsys.readouterr()
        return Ran(code, streams.out, streams.err)

    return run


async def test_finance_closes_and_reads(front: Front, billing: Command, tmp_path: Path) -> None:
    """A month is closed by hand; its invoices are listed, shown, and written to files."""
    slug = (await front.active(plan="team", users=20))["slug"]
    moment = (datetime.now(UTC) + timedelta(days=32)).isoformat()
    ran = await billing("close", "--as-of", moment)
    assert ran.code == 0, ran
    assert "looked at; invoices: " in ran.out
    listed = json.loads((await billing("invoices", slug, "--json")).out)
    number = listed[0]["number"]
    shown = await billing("invoices", slug)
    assert shown.out.splitlines()[1].split()[:3] == [number, "invoice", "final"]
    assert "€120.00" in shown.out
    ran = await billing("invoice", number)
    assert "20  €120.00  team fee: 20 × €6.00" in ran.out, ran
    assert json.loads((await billing("invoice", number, "--json")).out)["number"] == number
    html, pdf = tmp_path / "a.html", tmp_path / "a.pdf"
    assert await billing("invoice", number, "--html", str(html), "--pdf", str(pdf)) == Ran(0, "", "")
    assert number in html.read_text()
    assert pdf.read_bytes().startswith(b"%PDF-")
    nowhere = await billing("invoice", number, "--pdf", str(tmp_path / "no" / "a.pdf"))
    assert (nowhere.code, "cannot write" in nowhere.err) == (2, True)
    ran = await billing("replay", "--all-of", slug)
    assert ran == Ran(0, "".join(f"{one['number']}: nothing differs\n" for one in reversed(listed)), "")
    key = json.loads((await billing("invoice", number, "--json")).out)["lines"][0]["key"]
    ran = await billing("explain", number, key)
    assert "team fee: 20 × €6.00" in ran.out, ran
    assert "period monthly, fee amount 6.00 charge advance, suspended_factor 1" in ran.out


async def test_something_is_given(front: Front, billing: Command) -> None:
    """Each says what was recorded; what is wrong is named, and is wrong usage."""
    slug = (await front.active(plan="team", users=20))["slug"]
    ran = await billing("credit", slug, "20", "--reason", "outage")
    assert ran == Ran(0, f"credit.1 for {slug}: 20.00 EUR for outage; it is on the next invoice\n", "")
    ran = await billing("charge", slug, "1.5", "--reason", "import", "--json")
    assert json.loads(ran.out)["amount"] == "1.50"
    ran = await billing("discount", slug, "10", "--reason", "loyal", "--from", "2199-01-01")
    assert ran.out == f"10 % off for {slug} from 2199-01-01\n", ran
    ran = await billing("charge", slug, "1.555", "--reason", "import")
    assert (ran.code, "amount: EUR has 2 decimals" in ran.err) == (2, True)


async def test_a_tenant_that_cannot_be_closed_is_named(front: Front, billing: Command) -> None:
    """With why, and the command ends with 1, until what was wrong is mended."""
    accepted = await front.active(plan="team", users=20)
    moment = (datetime.now(UTC) + timedelta(days=32)).isoformat()
    change(front, "UPDATE subscription SET zone = 'Nowhere/Land' WHERE tenant_id = :tenant", accepted)
    ran = await billing("close", "--as-of", moment)
    assert ran.code == 1, ran
    assert "looked at; invoices: " in ran.out
    first, named, last = ran.err.splitlines()[-3:]
    assert first == "error: 1 tenant could not be closed"
    assert named.startswith(f"  {accepted['slug']}: ")
    assert "Nowhere/Land" in named
    assert last == "the next run tries again"
    ran = await billing("close", "--as-of", moment, "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["state"], told["result"]["failed"]) == (1, "done", 1)
    (failed,) = told["not_closed"]
    assert (failed["slug"], failed["tenant_id"]) == (accepted["slug"], accepted["tenant_id"])
    change(front, "UPDATE subscription SET zone = 'UTC' WHERE tenant_id = :tenant", accepted)
    ran = await billing("close", "--as-of", moment, "--json")
    assert (ran.code, ran.err, json.loads(ran.out)["not_closed"]) == (0, "", [])


async def test_an_invoice_that_is_not_handed_on_is_named(
    front: Front,
    billing: Command,
    catalog: Catalog,
    api_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With why, and the command ends with 1, until the sink takes it."""
    slug = (await front.active(plan="team", users=20))["slug"]
    folder = tmp_path / "sent" / "invoices"
    folder.parent.write_text("a file in the place of a folder")
    changed = {"task_queue": "api-sink", "invoice_sink": "file", "invoice_folder": folder}
    settings = api_settings.model_copy(update={**changed, "worker_roles": ("records", "billing")})
    worker = build_worker(front.temporal, settings, catalog, front.engine, SystemClock())
    async with worker, served(create_app(settings, catalog=catalog)) as address:
        monkeypatch.setenv(URL_VARIABLE, address)
        ran = await billing("close", "--json")
        number = json.loads((await billing("invoices", slug, "--json")).out)[0]["number"]
        told = json.loads(ran.out)
        assert (ran.code, told["state"], told["result"]["delivered"]) == (1, "done", 0)
        reason = next(one["reason"] for one in told["not_handed_on"] if one["number"] == number)
        assert str(folder) in reason
        said = f"{counted(told['result']['undelivered'], 'invoice')} could not be handed on"
        assert ran.err.splitlines()[0] == f"error: {said}"
        assert f"  {number}: {reason}" in ran.err.splitlines()
        folder.parent.unlink()
        ran = await billing("close", "--json")
        told = json.loads(ran.out)
        assert (ran.code, ran.err, told["not_handed_on"]) == (0, "", [])
        assert (folder / f"{number}.pdf").exists()


async def test_a_replay_that_differs_is_shown(front: Front, billing: Command) -> None:
    """Each line as it was issued and as it is rated, and the command ends with 1."""
    accepted = await front.active(plan="team", users=20)
    moment = (datetime.now(UTC) + timedelta(days=32)).isoformat()
    assert (await billing("close", "--as-of", moment)).code == 0
    number = json.loads((await billing("invoices", accepted["slug"], "--json")).out)[-1]["number"]
    # No one can do this by way of ours; whoever owns the database can.
    change(
        front,
        "UPDATE billing_fact SET fact = jsonb_set(fact, '{quantity}', '21') WHERE tenant_id = :tenant",
        accepted,
    )
    ran = await billing("replay", number)
    assert (ran.code, ran.err) == (1, f"error: rated again, 1 of 1 differ: {number}\n"), ran
    head, _, issued, rated = ran.out.splitlines()
    assert head == f"{number}: 1 line differs"
    assert (issued.split()[0], "€120.00" in issued) == ("issued", True)
    assert (rated.split()[0], "€126.00" in rated) == ("rated", True)
    ran = await billing("replay", "--all-of", accepted["slug"], "--json")
    assert (ran.code, [one["same"] for one in json.loads(ran.out)]) == (1, [False, False])


def change(front: Front, statement: str, accepted: Json) -> None:
    """In the tables, past what guards them."""
    with front.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement), {"tenant": accepted["tenant_id"]})


@pytest.mark.parametrize("name", ["2026/1", "INV-2026/1", "..", ".", "2026 1", "2024-999999"])
async def test_an_unknown_invoice_is_said_to_be_unknown(billing: Command, name: str) -> None:
    """Whatever is typed for a number, it is one that there is not, and no request that nobody knows."""
    for words in (("invoice", name), ("replay", name), ("explain", name, "fee/x/charge")):
        ran = await billing(*words)
        assert (ran.code, ran.err) == (
            1,
            "error: No such invoice: `tenantry billing invoices` lists a tenant's.\n",
        )


async def test_wrong_words_are_refused_in_words_of_commands(billing: Command) -> None:
    """An unknown invoice is 1, a moment that is none is 2; both say what to do."""
    ran = await billing("invoice", "2024-999999")
    assert (ran.code, ran.err) == (
        1,
        "error: No such invoice: `tenantry billing invoices` lists a tenant's.\n",
    )
    ran = await billing("replay")
    assert (ran.code, "--all-of" in ran.err) == (2, True)
    ran = await billing("close", "--as-of", "noon")
    assert (ran.code, "2026-03-01T12:00" in ran.err) == (2, True)
