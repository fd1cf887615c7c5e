"""GET /v1/tenants/{slug}/usage: what was sent comes back as charts show it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.api.front import Front, Json, code_of
from tests.api.sender import Sender, event, sender

COUNTED = "com.goteleport.resources.counted"


@pytest.fixture(scope="session")
def midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="session")
async def used(front: Front, midnight: datetime) -> Sender:
    """Ann two and three days ago, Bob three; 10 servers from then on, and 4 databases a day later."""
    tenant = await sender(front)
    times = [midnight - timedelta(days=days) for days in (3, 2)]
    ann = [event(time=time.isoformat(), data={"user": "ann"}) for time in times]
    bob = event(time=times[0].isoformat(), data={"user": "bob"})
    counts = [
        event(type=COUNTED, time=time.isoformat(), data={"kind": kind, "count": count})
        for time, kind, count in zip(times, ("servers", "databases"), (10, 4), strict=True)
    ]
    assert await tenant.taken(*ann, bob, *counts) == (5, 0, [])
    return tenant


async def charts(used: Sender, **query: Any) -> Json:
    answer = await used.front.http.get(f"/v1/tenants/{used.slug}/usage", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def values(line: Json) -> list[str]:
    return [point["value"] for point in line["points"]]


async def test_days_of_every_meter(used: Sender, midnight: datetime) -> None:
    """Users that came count once a day and once in all; counts that hold are averaged over each day."""
    begin = midnight - timedelta(days=4)
    found = await charts(used, **{"from": begin.date().isoformat(), "to": midnight.isoformat()})
    assert (found["slug"], found["step"], found["tenant_id"]) == (used.slug, "day", used.tenant_id)
    users, resources = found["meters"]
    assert (users["meter"], users["aggregate"], users["value"]) == ("monthly_active_users", "unique", "2")
    assert values(users) == ["0", "2", "1", "0"]
    assert (resources["meter"], values(resources)) == ("protected_resources", ["0", "10", "14", "14"])
    assert resources["value"] == "9.5"
    spans = [(point["from"], point["to"]) for point in users["points"]]
    assert spans[0][0] == found["from"] == begin.isoformat().replace("+00:00", "Z")
    assert spans[-1][1] == found["to"] == midnight.isoformat().replace("+00:00", "Z")
    assert [end for _, end in spans[:-1]] == [begin for begin, _ in spans[1:]]


async def test_groups_by_the_hour(used: Sender, midnight: datetime) -> None:
    """Each group of a meter has a line of its own; what is cut is shown whole."""
    begin = midnight - timedelta(days=2, hours=1, minutes=30)
    query = {"from": begin.isoformat(), "to": (begin + timedelta(hours=2)).isoformat(), "step": "hour"}
    (meter,) = (await charts(used, meter="protected_resources", groups=True, **query))["meters"]
    assert values(meter) == ["10", "10", "14"]
    assert {one["group"]["kind"]: values(one) for one in meter["groups"]} == {
        "databases": ["0", "0", "4"],
        "servers": ["10", "10", "10"],
    }


async def test_thirty_days_up_to_now(used: Sender, midnight: datetime) -> None:
    """Without more it is the last thirty days since the tenant came, whole but today, of which no more is
    averaged than was."""
    found = await charts(used, meter="protected_resources")
    assert datetime.fromisoformat(found["from"]) == midnight
    came = text("UPDATE tenant SET created_at = created_at - interval '1 year' WHERE id = :id RETURNING true")
    with used.front.engine.begin() as connection:
        assert connection.execute(came, {"id": used.tenant_id}).scalar_one()
    found = await charts(used, meter="protected_resources")
    points = found["meters"][0]["points"]
    assert len(points) == 31
    assert datetime.fromisoformat(points[0]["from"]) == midnight - timedelta(days=30)
    assert midnight < datetime.fromisoformat(found["to"]) <= datetime.now(UTC)
    assert points[-1]["value"] == "14"
    months = await charts(used, step="month", to="2999-01-01")
    assert len(months["meters"][0]["points"]) in {12, 13}


@pytest.mark.parametrize(
    ("query", "field", "hint"),
    [
        ({"meter": "logins"}, "meter", "monthly_active_users, protected_resources"),
        ({"step": "week"}, "step", "hour"),
        ({"from": "soon"}, "from", "2026-01-31"),
        ({"from": "2026-01-31T10:00:00"}, "from", "2026-01-31T10:00:00Z"),
        ({"from": "0001-01-01"}, "from", "2000"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to", "2026-01-31"),
        ({"from": "2999-01-01"}, "from", "before the end"),
        ({"from": "2020-01-01", "step": "hour"}, "from", "1000 points"),
        ({"from": "2026-01-02", "to": "2026-01-02"}, "from", "before the end"),
        ({"colour": "red"}, "colour", "no such field"),
    ],
)
async def test_what_no_chart_can_be_made_of(
    used: Sender, query: dict[str, str], field: str, hint: str
) -> None:
    """Each wrong parameter is a 422 that names it and what would be right."""
    answer = await used.front.http.get(f"/v1/tenants/{used.slug}/usage", params=query)
    assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec")
    problems = {problem["field"]: problem["message"] for problem in answer.json()["errors"]}
    assert hint in problems[field]


async def test_what_the_next_invoice_comes_to(front: Front) -> None:
    """By hand: 60 servers hold for the whole month, of which 20 are included; and the fee of 20 users."""
    tenant = await sender(front, plan="team", users=20)
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    servers = event(type=COUNTED, time=an_hour_ago, data={"kind": "servers", "count": 60})
    assert await tenant.taken(servers) == (1, 0, [])
    found = await charts(tenant, meter="monthly_active_users")
    current, forecast = found["current"], found["forecast"]
    assert (current["total_minor"], forecast["total_minor"]) == (12000, 12000 + 6000)
    assert (current["meters"][0]["amount_minor"], current["currency"]) == (0, "EUR")
    assert forecast["meters"] == [
        {
            "meter": "protected_resources",
            "aggregate": "weighted",
            **forecast["period"],
            "quantity": "60",
            "included": "20",
            "amount_minor": 6000,
        }
    ]
    assert [line["description"] for line in forecast["lines"]] == [
        "Protected resources: 40 × €1.50 after 20 included",
        "team fee: 20 × €6.00",
    ]
    assert current["period"] == forecast["period"]
    assert "states" in forecast["assumes"]
    alone = await charts(tenant, forecast=False)
    assert (alone["current"], alone["forecast"]) == (None, None)


async def test_without_its_usage_no_invoice_can_be_told(front: Front) -> None:
    """Never closed for three years, a tenant's first month is no longer kept: 410, and charts without it."""
    tenant = await sender(front, plan="team", users=20)
    await tenant.taken(event(type=COUNTED, data={"kind": "servers", "count": 10}))
    never = (
        "UPDATE subscription SET start = start - interval '3 years', next_look = NULL WHERE tenant_id = :id"
    )
    with front.engine.begin() as connection:
        connection.execute(text(never), {"id": tenant.tenant_id})
    path = f"/v1/tenants/{tenant.slug}/usage"
    answer = await front.http.get(path)
    assert (answer.status_code, code_of(answer)) == (410, "UsageGone")
    assert "forecast=false" in answer.json()["detail"]
    assert (await front.http.get(f"{path}?forecast=false")).status_code == 200


async def test_a_tenant_without_usage_and_one_that_is_not(front: Front, active: Json) -> None:
    """Nothing was used: every point says 0, and without a price no invoice is to come. Of no tenant: 404."""
    answer = await front.http.get(f"/v1/tenants/{active['slug']}/usage?groups=true")
    assert {point["value"] for meter in answer.json()["meters"] for point in meter["points"]} == {"0"}
    assert (answer.json()["current"], answer.json()["forecast"]) == (None, None)
    missing = await front.http.get("/v1/tenants/nobody-here/usage")
    assert (missing.status_code, code_of(missing)) == (404, "TenantNotFound")
