"""What surrounds requests: their ids, their log lines, readiness."""

import json
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from catalog import Catalog
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import AS_ADMIN, Front, admin_at, code_of


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("{}", False)]
)
async def test_request_ids(front: Front, sent: str, kept: bool) -> None:
    """A plain id of the caller is kept, anything else is replaced; each answer bears one."""
    answer = await front.http.get("/healthz", headers={"X-Request-Id": sent})
    assert (answer.headers["x-request-id"] == sent) == kept
    assert answer.headers["x-request-id"]


async def test_ready_when_everything_is_there(front: Front) -> None:
    """200 as long as PostgreSQL and Temporal answer."""
    assert (await front.http.get("/readyz")).json() == {"status": "ok"}


async def test_a_bug_is_a_problem_too(
    api_settings: Settings,
    catalog: Catalog,
    log_format: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An exception nobody expected is a 500 problem without its text, which is in the log under its id."""
    log_format("json")
    app = create_app(api_settings, catalog=catalog)
    _add_bug(app)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=AS_ADMIN) as http:
        answer = await http.get("/bug")
    assert (answer.status_code, code_of(answer)) == (500, "InternalError")
    assert "hunter2" not in answer.text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logged = next(line for line in lines if line["event"] == "request_failed")
    assert logged["exception"][0]["exc_value"] == "hunter2"
    assert logged["request_id"] == answer.headers["x-request-id"]


def _add_bug(app: FastAPI) -> None:
    @app.get("/bug")
    async def bug() -> None:
        raise LookupError("hunter2")


async def test_a_request_is_one_line_of_json(
    api_settings: Settings,
    catalog: Catalog,
    log_format: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each request leaves a line with its id, method, path, status and duration."""
    async with (
        served(create_app(api_settings, catalog=catalog)) as address,
        admin_at(address) as http,
    ):
        log_format("json")
        await http.get(f"{address}/v1/plans", headers={"X-Request-Id": "find-me"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    line = next(line for line in lines if line.get("request_id") == "find-me")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/v1/plans", 200)
    assert line["milliseconds"] >= 0
