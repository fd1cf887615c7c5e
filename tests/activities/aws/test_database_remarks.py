"""What RDS allows of a change and what it keeps, told before it is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from activities.aws.database_properties import Properties
from activities.aws.database_remarks import remarks
from activities.aws.instances import Instance
from domain.sizing import DatabaseSize

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
INSTANCE = Instance(
    name="db",
    arn="",
    identity="",
    status="available",
    tags={},
    host="h",
    port=5432,
    instance_class="db.t4g.small",
    storage_gib=40,
    pending=False,
    properties=Properties(parameter_group="p", security_groups=(), backup_days=7),
)


def told(size: int, grown: timedelta | None = None, status: str = "available") -> list[str]:
    grown_at = format_datetime(NOW - grown, usegmt=True) if grown else ""
    wanted = DatabaseSize(instance_class="db.t4g.small", storage_gib=size)
    return remarks(replace(INSTANCE, status=status), wanted, grown_at, NOW)


def test_what_only_grows_is_kept() -> None:
    """Less storage than there is cannot be had, more can."""
    assert "stays at 40 GiB instead of 20 GiB" in told(20)[0]
    assert told(40) == told(100) == []


def test_storage_rests_for_six_hours() -> None:
    """Within six hours of its last growth RDS refuses another; after them, or without one, it does not."""
    assert "cannot grow from 40 to 100 GiB yet" in told(100, timedelta(hours=5))[0]
    assert told(100, timedelta(hours=7)) == []
    assert told(40, timedelta(hours=5)) == []


def test_a_busy_database_hides_what_differs() -> None:
    """While RDS is at work with it, its answers are of both states."""
    assert "db is modifying; it takes changes afterwards" in told(40, status="modifying")[0]
