"""Ingestion: every event is stored once, whoever sends it how often and in whatever batches."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, text

from domain.billing.spans import Span
from domain.errors import Unavailable
from domain.metering.cloud_events import MeteredEvent
from store.engine import psycopg_transaction
from store.usage_ingest import Ingested, _make_staging
from store.usage_order import draw
from tests.store.metered import BEGIN, NOW, Metered, event, expected, streams
from tests.store.recount import recounted, summed_up

WINDOW = Span(BEGIN, NOW + timedelta(hours=1))


@pytest.fixture
def metered(engine: Engine) -> Metered:
    return Metered(engine)


def some(count: int, first: int = 0) -> list[MeteredEvent]:
    return [
        event(number, BEGIN + timedelta(minutes=7 * number), Decimal(number), f"user-{number % 5}")
        for number in range(first, first + count)
    ]


def test_case_17_in_the_database(metered: Metered) -> None:
    """A batch of 100 after 1 of it was stored: 99 inserted, 1 duplicate; once more: 100 duplicates."""
    batch = some(100)
    assert metered.ingest(batch[:1]) == Ingested([0], [], [])
    second, third = metered.ingest(batch), metered.ingest(batch)
    assert (len(second.inserted), second.duplicates, second.conflicts) == (99, [0], [])
    assert (third.inserted, len(third.duplicates), third.conflicts) == ([], 100, [])
    assert metered.read(WINDOW) == expected(batch, WINDOW)


def test_another_content_is_a_conflict_and_costs_nothing_else(metered: Metered) -> None:
    """What was stored first stays; the conflict is named by its place, the rest of the batch is stored."""
    first, changed = event(1, BEGIN, Decimal(1)), event(1, BEGIN, Decimal(2))
    metered.ingest([first])
    found = metered.ingest([event(2, BEGIN), changed, first, event(3, BEGIN)])
    assert found == Ingested(inserted=[0, 3], duplicates=[2], conflicts=[1])
    assert metered.read(WINDOW) == expected([first, event(2, BEGIN), event(3, BEGIN)], WINDOW)


def test_repeats_within_a_batch_are_judged_as_later_ones_are(metered: Metered) -> None:
    """Of an identity that comes three times in one batch the first counts."""
    first, changed = event(1, BEGIN, Decimal(1)), event(1, BEGIN, Decimal(2))
    assert metered.ingest([first, changed, first]) == Ingested([0], [2], [1])
    assert metered.ingest([changed, first]) == Ingested([], [1], [0])
    assert metered.ingest([]) == Ingested([], [], [])


def test_tenants_and_sources_keep_apart(engine: Engine) -> None:
    """An id is taken within one source of one tenant, and nowhere else."""
    one, other = Metered(engine), Metered(engine)
    assert one.ingest([event(1, BEGIN), event(1, BEGIN, source="t")]).inserted == [0, 1]
    assert other.ingest([event(1, BEGIN, Decimal(5))]).inserted == [0]
    assert one.read(WINDOW) == expected([event(1, BEGIN), event(1, BEGIN, source="t")], WINDOW)


def test_an_event_that_counts_for_nothing_is_stored_too(metered: Metered) -> None:
    """Its identity is taken, so that it cannot come back as something else."""
    silent = replace(event(1, BEGIN), readings=())
    assert metered.ingest([silent]).inserted == [0]
    assert metered.ingest([silent, replace(event(1, BEGIN), content=b"other")]) == Ingested([], [0], [1])
    assert metered.read(WINDOW) == expected([], WINDOW)


def test_names_may_hold_any_character(metered: Metered) -> None:
    """What means something to COPY is stored as it is, and found again."""
    odd = event(1, BEGIN, key="tab\there \\N \\. \u2028 ü 😀", group='["a\\\\b\\"c"]')
    odd = replace(odd, source="s\\t\\", id="\\N\n\r")
    assert metered.ingest([odd]).inserted == [0]
    assert metered.ingest([odd]).duplicates == [0]
    (found,) = metered.reader.events(metered.tenant_id, "unique", WINDOW)
    assert (found.source, found.id, found.key, found.group) == (
        odd.source,
        odd.id,
        "tab\there \\N \\. \u2028 ü 😀",
        '["a\\\\b\\"c"]',
    )


def test_an_identity_is_free_again_after_400_days(metered: Metered) -> None:
    """Until then another content is a conflict; from then on it is a new event."""
    metered.ingest([event(1, BEGIN)])
    for days, verdict in ((399, "conflicts"), (400, "inserted"), (401, "duplicates")):
        later = metered.at(NOW + timedelta(days=days))
        again = event(1, BEGIN + timedelta(days=400))
        assert getattr(later.ingest([again]), verdict) == [0]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(streams, st.randoms(use_true_random=False), st.data())
def test_splitting_reordering_and_repeating_change_nothing(
    metered: Metered, events: list[MeteredEvent], shuffler: random.Random, data: st.DataObject
) -> None:
    """Whatever batches events come in, aggregates are the domain's, and sums are what a recount gives."""
    tenant = Metered(metered.engine)
    sent = events + data.draw(st.lists(st.sampled_from(events), max_size=10))
    shuffler.shuffle(sent)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent)), max_size=4)) | {0, len(sent)})
    inserted = 0
    for begin, end in pairwise(cuts):
        inserted += len(tenant.ingest(sent[begin:end]).inserted)
    assert inserted == len(events)
    assert tenant.read(WINDOW) == expected(events, WINDOW)
    assert summed_up(tenant) == recounted(events)


def at_once(batches: Sequence[tuple[Metered, list[MeteredEvent]]]) -> list[Ingested]:
    """Every batch in a thread of its own, all let go at the same moment."""
    gate = threading.Barrier(len(batches))

    def send(tenant: Metered, events: list[MeteredEvent]) -> Ingested:
        gate.wait()
        return tenant.ingest(events)

    with ThreadPoolExecutor(len(batches)) as pool:
        return list(pool.map(lambda batch: send(*batch), batches))


def test_the_same_events_at_once_count_once(metered: Metered) -> None:
    """Six overlapping batches in as many orders: nothing deadlocks, each event is inserted by exactly one."""
    events = some(120)
    batches = []
    for number in range(6):
        batch = events[number * 10 : 60 + number * 10]
        random.Random(number).shuffle(batch)
        batches.append((metered, batch))
    for _ in range(3):
        found = at_once(batches)
        assert sum(len(one.inserted) + len(one.duplicates) for one in found) == 6 * 60
        assert not any(one.conflicts for one in found)
    stored = events[:110]
    assert metered.read(WINDOW) == expected(stored, WINDOW)
    assert summed_up(metered) == recounted(stored)


def test_of_two_contents_at_once_one_is_stored(metered: Metered) -> None:
    """Four senders claim the same identities for different contents: one wins each, the others are told."""
    rivals = [[event(n, BEGIN, Decimal(sender)) for n in range(30)] for sender in range(4)]
    found = at_once([(metered, rival) for rival in rivals])
    winners = [(sender, n) for sender, one in enumerate(found) for n in one.inserted]
    assert sorted(n for _, n in winners) == list(range(30))
    assert sum(len(one.conflicts) for one in found) == 3 * 30
    assert metered.read(WINDOW) == expected([rivals[sender][n] for sender, n in winners], WINDOW)


def test_states_that_arrive_at_once_are_all_seen(metered: Metered) -> None:
    """Six senders set the same state within the same hours: its integral is that of all of them."""
    batches = [
        [event(6 * n + sender, BEGIN + timedelta(minutes=6 * n + sender), Decimal(n)) for n in range(40)]
        for sender in range(6)
    ]
    at_once([(metered, batch) for batch in batches])
    events = [one for batch in batches for one in batch]
    assert metered.read(WINDOW) == expected(events, WINDOW)
    assert summed_up(metered) == recounted(events)


def test_what_fails_stores_nothing_and_can_be_repeated(
    metered: Metered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that ends before its sums leaves no event behind; the same batch is then inserted."""
    with monkeypatch.context() as patch:
        patch.setattr("store.usage_ingest.HOURS", "SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(Unavailable):
            metered.ingest(some(10))
    assert metered.read(WINDOW) == expected([], WINDOW)
    assert len(metered.ingest(some(10)).inserted) == 10


def test_an_ingestion_that_hangs_is_cut_off(engine: Engine) -> None:
    """A process that stops between two statements does not hold up cut-offs for longer than ten seconds."""
    with psycopg_transaction(engine, prepare=_make_staging) as connection:
        draw(connection)
        row = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
    assert row == ("10s",)
    with engine.connect() as other:
        assert other.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "0"


def test_a_database_that_was_put_back_gives_streams_new_numbers(metered: Metered) -> None:
    """A process that knows numbers of before stores what comes under those that are there now."""
    metered.ingest(some(5))
    with metered.engine.begin() as connection:
        for table in ("usage_hour", "usage_day", "usage_key", "usage_event"):
            connection.execute(
                text(
                    f"DELETE FROM {table} WHERE stream IN (SELECT id FROM usage_stream WHERE tenant_id = :id)"
                ),
                {"id": metered.tenant_id},
            )
        connection.execute(text("DELETE FROM usage_stream WHERE tenant_id = :id"), {"id": metered.tenant_id})
    assert len(metered.ingest(some(5, first=5)).inserted) == 5
    assert metered.read(WINDOW) == expected(some(5, first=5), WINDOW)
