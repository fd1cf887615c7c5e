"""Server-sent events: every change of an operation until it has ended."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from api.operations_view import operation_detail
from api.progress import FRESH_SECONDS, Progress
from api.routes import events
from api.services import Services
from api.views import OperationDetail
from domain.errors import Unavailable
from domain.messages import OperationView
from tests.api.front import Front, Json, admin_at, until
from tests.outages.door import Door


async def events_of(answer: httpx.Response) -> AsyncIterator[Json]:
    """The stream's events as their fields, comments left out."""
    fields: Json = {}
    async for line in answer.aiter_lines():
        if not line:
            if "data" in fields:
                yield fields
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = json.loads(value) if name == "data" else value


async def test_events_follow_an_operation_to_its_end(front: Front) -> None:
    """Each event is new and has an id of its own; the last says finished, and then the stream ends."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()
    seen = []
    async with front.http.stream("GET", accepted["links"]["events"]) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for event in events_of(answer):
            seen.append(event)
            front.providers.release(body["slug"])
    assert [event["event"] for event in seen[:-1]] == ["progress"] * (len(seen) - 1)
    assert len(seen) > 1
    assert len({event["id"] for event in seen}) == len(seen)
    assert seen[0]["data"]["status"] == "running"
    assert (seen[-1]["event"], seen[-1]["data"]["status"]) == ("finished", "succeeded")
    assert seen[-1]["data"]["percent"] == 100


async def test_events_of_an_ended_operation(front: Front, active: Json) -> None:
    """One event, finished, and the end."""
    async with front.http.stream("GET", active["links"]["events"]) as answer:
        seen = [event async for event in events_of(answer)]
    assert [event["event"] for event in seen] == ["finished"]
    assert seen[0]["data"] == await front.operation(active["operation_id"])


async def test_a_client_that_connects_again_is_told_nothing_twice(front: Front) -> None:
    """With Last-Event-ID the stream goes on after the last event seen."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()
    url = accepted["links"]["events"]
    seen: dict[str, Json] = {}
    async with front.http.stream("GET", url) as answer:
        async for event in events_of(answer):
            seen[event["id"]] = event
            if event["data"]["waiting_for"]:
                break
    async with front.http.stream("GET", url, headers={"Last-Event-ID": list(seen)[-1]}) as answer:
        front.providers.release(body["slug"])
        again = [event["id"] async for event in events_of(answer)]
    assert not set(again) & set(seen)
    assert again


async def test_a_cut_connection_is_made_again(front: Front) -> None:
    """Cut in the middle, again and again: each connection goes on behind the last event of the one before,
    no event comes twice, the last one tells of every step, and after it there is nothing more."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()
    door = Door(str(front.http.base_url))
    seen: list[Json] = []

    async def connected() -> None:
        headers = {"Last-Event-ID": seen[-1]["id"]} if seen else {}
        async with (
            admin_at(door.url) as http,
            http.stream("GET", accepted["links"]["events"], headers=headers) as answer,
        ):
            assert answer.status_code == 200
            async for event in events_of(answer):
                seen.append(event)
                if len(seen) == 1:
                    front.providers.release(body["slug"])
                if event["event"] == "progress":
                    await door.shut()

    while not seen or seen[-1]["event"] == "progress":
        await door.open()
        with suppress(httpx.TransportError):
            await connected()
    await door.shut()
    ids = [event["id"] for event in seen]
    assert len(ids) == len(set(ids)) > 1
    assert ids[-1] == f"{accepted['operation_id']}.finished"
    assert all(one.startswith(f"{accepted['operation_id']}.") for one in ids)
    assert {step["status"] for step in seen[-1]["data"]["steps"]} == {"done"}
    assert all(step["started_at"] and step["finished_at"] for step in seen[-1]["data"]["steps"])
    after = await front.http.get(accepted["links"]["events"], headers={"Last-Event-ID": ids[-1]})
    assert (after.status_code, after.content) == (204, b"")


@pytest.mark.parametrize("wrong", ["", "nonsense", "op00000000000000000000.finished", "ä" * 300])
async def test_an_id_of_another_stream_is_ignored(front: Front, active: Json, wrong: str) -> None:
    """Whatever a client says that it has seen, it is told all that it cannot have seen here."""
    headers = httpx.Headers([("Last-Event-ID", wrong)], encoding="utf-8")
    async with front.http.stream("GET", active["links"]["events"], headers=headers) as answer:
        assert [event["event"] async for event in events_of(answer)] == ["finished"]


async def test_many_watchers_ask_a_run_once_a_second(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty watchers cause one query a second, and those who leave early take nothing from the others."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()
    asked: list[str] = []
    real = Progress._ask

    async def counted(progress: Progress, run: str) -> list[OperationView]:
        asked.append(run)
        return await real(progress, run)

    monkeypatch.setattr(Progress, "_ask", counted)

    async def watch(*, leave_early: bool) -> str:
        last = ""
        async with front.http.stream("GET", accepted["links"]["events"]) as answer:
            async for event in events_of(answer):
                last = event["event"]
                if leave_early:
                    break
        return last

    started = time.monotonic()
    watchers = [asyncio.create_task(watch(leave_early=number % 2 == 0)) for number in range(20)]
    assert await asyncio.gather(*watchers[::2]) == ["progress"] * 10
    front.providers.release(body["slug"])
    assert await asyncio.gather(*watchers[1::2]) == ["finished"] * 10
    assert asked
    assert len(asked) <= 1 + (time.monotonic() - started) / FRESH_SECONDS


async def test_a_client_that_leaves_leaves_nothing_behind(front: Front) -> None:
    """When a watcher hangs up, the work for it ends while the operation goes on."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()

    async def streams() -> int:
        return sum("_keepalive_inserter" in task.get_name() for task in asyncio.all_tasks())

    async with front.http.stream("GET", accepted["links"]["events"]) as answer:
        await anext(answer.aiter_lines())
        assert await streams() >= 1

    async def none_left() -> bool | None:
        return not await streams() or None

    await until(none_left)
    assert (await front.operation(accepted["operation_id"]))["status"] == "running"
    front.providers.release(body["slug"])
    await front.ended(accepted["operation_id"])


async def test_a_stream_outlives_an_outage(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """While PostgreSQL is away the stream waits. The outage is raised here: others need the real server."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    accepted = (await front.ask("POST", "/v1/tenants", body)).json()
    looks = 0

    async def with_outage(services: Services, operation_id: str) -> OperationDetail:
        nonlocal looks
        looks += 1
        if looks in {2, 3}:
            raise Unavailable("PostgreSQL cannot be used right now")
        return await operation_detail(services, operation_id)

    monkeypatch.setattr(events, "operation_detail", with_outage)
    async with front.http.stream("GET", accepted["links"]["events"]) as answer:
        front.providers.release(body["slug"])
        seen = [event["event"] async for event in events_of(answer)]
    assert seen[-1] == "finished"
    assert looks > 3
