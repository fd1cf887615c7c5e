"""Upkeep of usage: what is too old goes, portion by portion, and months are made ahead."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text
from temporalio.testing import ActivityEnvironment

from activities.usage_upkeep import AT_ONCE, PORTIONS, UsageUpkeep
from domain.messages import UpkeepDone
from store.idempotency import Claim, claim
from tests.store.metered import Metered, event
from tests.store.world import FixedClock


def keep(engine: Engine, now: datetime, at_once: int) -> UpkeepDone:
    done: UpkeepDone = ActivityEnvironment().run(UsageUpkeep(engine, FixedClock(now), at_once=at_once).keep)
    return done


def months_there(engine: Engine) -> set[str]:
    query = text("SELECT relid::regclass::text FROM pg_partition_tree('usage_event') WHERE isleaf")
    with engine.connect() as connection:
        return set(connection.execute(query).scalars())


def test_months_come_and_go(engine: Engine) -> None:
    """Events of this month and the next two find their partitions; what nobody may ask for is dropped."""
    now = datetime(2010, 11, 20, tzinfo=UTC)
    keep(engine, now, 1)
    made = {"usage_event_2010_10", "usage_event_2010_11", "usage_event_2010_12", "usage_event_2011_01"}
    assert made <= months_there(engine)
    later = keep(engine, now + timedelta(days=435), 1)
    assert later.dropped == ["usage_event_2010_10"]
    assert months_there(engine) & made == made - {"usage_event_2010_10"}
    assert keep(engine, now + timedelta(days=435), 1).dropped == []


def test_identities_are_forgotten_portion_by_portion(engine: Engine) -> None:
    """An attempt ends after some portions and says that there is more; the next one goes on."""
    then = datetime(2011, 1, 1, tzinfo=UTC)
    Metered(engine, then).ingest([event(number, then) for number in range(PORTIONS + 1)])
    assert keep(engine, then + timedelta(days=399), 1).forgotten == 0
    first, second, third = (keep(engine, then + timedelta(days=400), 1) for _ in range(3))
    assert (first.forgotten, first.more) == (PORTIONS, True)
    assert (second.forgotten, second.more) == (1, False)
    assert (third.forgotten, third.more) == (0, False)


def test_idempotency_keys_are_forgotten_after_a_week(engine: Engine) -> None:
    """Until then upkeep leaves them; then the same key stands for another request."""
    used = datetime(2012, 3, 1, tzinfo=UTC)
    first, other = (
        Claim("key:upkeep", "once", body, operation_id=f"op-{body}", tenant_id="tupkeep00000")
        for body in ("first", "other")
    )
    claim(engine, first, used)
    keep(engine, used + timedelta(days=7), AT_ONCE)
    assert not claim(engine, first, used + timedelta(days=7))[1]
    later = used + timedelta(days=7, seconds=1)
    keep(engine, later, AT_ONCE)
    assert claim(engine, other, later)[1]
