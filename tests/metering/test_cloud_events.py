"""CloudEvents: what is taken, what is refused and why, and that a bad event never costs the good ones."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.metering.cloud_events import MeteredEvent, NotEvents, Parsed, read_events
from domain.metering.meters import Dials, Meter, dials

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)


def meter(name: str, **fields: Any) -> Meter:
    return Meter.model_validate({"name": name, "title": name, "event": "used", **fields})


DIALS = dials(
    [
        meter("users", aggregate="unique", key="user.id"),
        meter("bytes", aggregate="sum", value="bytes", where={"kind": ["get", "put"], "free": False}),
        meter("things", aggregate="weighted", event="counted", value="n", group_by=["kind", "zone"]),
    ]
)


def event(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/auth/1",
        "type": "used",
        "time": "2026-03-15T12:00:00Z",
        "data": {"user": {"id": "ann"}},
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not ...}


def read(*events: Any, counted: Dials = DIALS) -> Parsed:
    return read_events(json.dumps(list(events)).encode(), counted, NOW)


def taken(**changes: Any) -> MeteredEvent:
    parsed = read(event(**changes))
    assert parsed.refused == []
    return parsed.events[0]


def refused(**changes: Any) -> str:
    parsed = read(event(**changes))
    assert parsed.events == []
    return parsed.refused[0].reason


def test_an_event_is_read_by_every_meter_that_counts_it() -> None:
    """One event gives a reading for each meter of its type whose filter lets it through."""
    data = {"user": {"id": 7}, "bytes": "12.50", "kind": "put", "free": False}
    assert [(one.meter, one.value, one.key) for one in taken(data=data).readings] == [
        ("users", Decimal(1), "7"),
        ("bytes", Decimal("12.50"), None),
    ]
    assert [one.meter for one in taken(data=data | {"free": True}).readings] == ["users"]


def test_numbers_are_taken_as_they_are_written() -> None:
    """A tenth is a tenth, and a group is the list of its fields' values, missing ones empty."""
    body = json.dumps(event(type="counted", data={"kind": "db"})).replace('"db"', '"db", "n": 0.10')
    (found,) = read_events(body.encode(), DIALS, NOW).events
    assert str(found.readings[0].value) == "0.10"
    assert found.readings[0].group == '["db",""]'
    assert found.readings[0].holds_state


def test_a_single_event_needs_no_list() -> None:
    """A body may be one event or a list of them, and an empty list is fine."""
    assert len(read_events(json.dumps(event()).encode(), DIALS, NOW).events) == 1
    assert read() == Parsed([], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ...}, "id is missing"),
        ({"id": ""}, "id must not be empty"),
        ({"id": 5}, "id must be text"),
        ({"id": "x" * 256}, "id must have at most 255 characters"),
        ({"id": "a\x00b"}, "id must have no control characters"),
        ({"id": "\ud800"}, "id must be text that is whole"),
        ({"specversion": "0.3"}, "specversion must be '1.0'"),
        ({"time": ...}, "time is missing"),
        ({"time": "2026-03-15"}, "time must be an instant with its zone, such as 2026-01-31T10:00:00Z"),
        (
            {"time": "2026-03-15T12:00:00"},
            "time must be an instant with its zone, such as 2026-01-31T10:00:00Z",
        ),
        (
            {"time": "2026-02-30T12:00:00Z"},
            "time must be an instant with its zone, such as 2026-01-31T10:00:00Z",
        ),
        ({"time": 1700000000}, "time must be text"),
        (
            {"type": "unheard.of"},
            "type 'unheard.of' is counted by no meter: meters.yaml names those that are",
        ),
        ({"data": [1]}, "data must be an object of named fields"),
        (
            {"data": {}},
            "data.user.id must be text or a whole number that names who or what, but it is missing",
        ),
        ({"data": {"user": "ann"}}, "data.user.id must be text or a whole number"),
        ({"data": {"user": {"id": True}}}, "data.user.id must be text or a whole number"),
        ({"data": {"user": {"id": "a\n"}}}, "data.user.id must have at most 255 characters"),
        ({"data_base64": "aGk="}, "data_base64 is not read: send JSON in data"),
        ({"datacontenttype": "text/xml"}, "datacontenttype must be application/json: only JSON is counted"),
        ({"type": "counted", "data": {"n": "many"}}, "data.n must be a number, not 'many'"),
        ({"type": "counted", "data": {"n": True}}, "data.n must be a number, not true"),
        ({"type": "counted", "data": {"n": 10**24}}, "data.n must have at most 24 digits before"),
        ({"type": "counted", "data": {"n": 1, "zone": "z" * 65}}, "data.zone must have at most 64"),
    ],
)
def test_a_refusal_says_what_is_wrong(changes: dict[str, Any], reason: str) -> None:
    """Each bad event is refused with its place and what would be right."""
    assert refused(**changes).startswith(reason)


def test_all_that_is_wrong_with_an_event_comes_at_once() -> None:
    """One refusal names each wrong attribute, and the event by what it has of a name."""
    (found,) = read(event(id=..., time="soon", data=5)).refused
    assert (found.position, found.source, found.id) == (0, "/auth/1", None)
    assert found.reason == (
        "id is missing; time must be an instant with its zone, such as 2026-01-31T10:00:00Z; "
        "data must be an object of named fields"
    )


@pytest.mark.parametrize(
    ("offset", "is_taken"),
    [
        (timedelta(days=-35), True),
        (timedelta(days=-35, microseconds=-1), False),
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, microseconds=1), False),
    ],
)
def test_what_is_accepted_of_the_past_and_the_future(offset: timedelta, is_taken: bool) -> None:
    """From 35 days back to 5 minutes ahead, both included, whatever zone the instant is written in."""
    parsed = read(event(time=(NOW + offset).isoformat()))
    assert bool(parsed.events) is is_taken
    assert bool(parsed.refused) is not is_taken


def test_bad_events_cost_only_themselves() -> None:
    """Between good events stand: no object, numbers that nothing can hold, nesting without end."""
    huge, deep = "9" * 5000, '{"a":' * 400 + "1" + "}" * 400
    parts = [
        json.dumps(event(id="first")),
        "17",
        json.dumps(event(type="counted", data={"n": 0})).replace('"n": 0', f'"n": {huge}'),
        json.dumps(event(type="counted", data={"n": 0})).replace('"n": 0', '"n": 1e400'),
        json.dumps(event(id="deep", data={"user": {"id": "x"}, "d": 0})).replace('"d": 0', f'"d": {deep}'),
        json.dumps(event(id="last")),
    ]
    parsed = read_events(f"[{','.join(parts)}]".encode(), DIALS, NOW)
    assert {"first", "last"} <= {found.id for found in parsed.events}
    assert {found.position for found in parsed.refused} >= {1, 2, 3}
    assert len(parsed.events) + len(parsed.refused) == 6


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1e5", b'{"a": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    """There are no events in it to tell apart."""
    with pytest.raises(NotEvents, match="is not JSON"):
        read_events(body, DIALS, NOW)


def test_a_batch_has_at_most_a_thousand_events() -> None:
    """One more is refused as a whole: nothing of it is read."""
    assert len(read(*[1] * 1000).refused) == 1000
    with pytest.raises(NotEvents, match="1001 events"):
        read(*[1] * 1001)


def test_content_is_what_an_event_says_and_not_how() -> None:
    """Order of fields, zone of the instant and attributes for tracing do not make an event another one."""
    same = [
        event(data={"a": 1, "user": {"id": "x", "n": [1, {"b": 2, "a": 1}]}}),
        event(data={"user": {"n": [1, {"a": 1, "b": 2}], "id": "x"}, "a": 1}, traceparent="00-1"),
        event(
            data={"a": 1, "user": {"id": "x", "n": [1, {"b": 2, "a": 1}]}}, time="2026-03-15T13:00:00+01:00"
        ),
    ]
    other = [
        event(data={"a": 2, "user": {"id": "x", "n": [1, {"b": 2, "a": 1}]}}),
        event(data={"a": 1, "user": {"id": "x", "n": [1, {"b": 2, "a": 1}]}}, subject="s"),
        event(data={"a": 1, "user": {"id": "x", "n": [{"b": 2, "a": 1}, 1]}}),
        event(data={"a": 1, "user": {"id": "x", "n": [1, {"b": 2, "a": 1}]}}, time="2026-03-15T12:00:01Z"),
    ]
    assert len({found.content for found in read(*same).events}) == 1
    assert len({found.content for found in read(same[0], *other).events}) == 5


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=40)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(sorted(event())), anything).map(lambda some: event(**some)) | anything
    )
)
def test_every_event_is_taken_or_refused(events: list[Any]) -> None:
    """Whatever stands in a list, each place of it is answered for once."""
    parsed = read(*events)
    found = [one.position for one in parsed.events] + [one.position for one in parsed.refused]
    assert sorted(found) == list(range(len(events)))
    assert all(one.reason for one in parsed.refused)
