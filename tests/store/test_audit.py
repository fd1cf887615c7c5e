"""The audit log in the database: in its change's transaction, without gaps, and only ever longer."""

from contextlib import suppress
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from structlog.testing import capture_logs

from catalog import load_catalog
from catalog.meters import load_meters
from catalog.offers import load_offers
from domain.audit.chain import Broken, Checkpoint, Verifier
from runtime.settings import ROOT
from store.audit import head, note, tell_head
from store.billing.prices import sync_offers
from store.catalog_sync import sync
from store.engine import transaction
from store.tables import AuditRow
from tests.store.audited import AT, Crash, change, rows, verified, write

OTHER = {
    "seq": "seq + 1000",
    "at": "at + interval '1 microsecond'",
    "actor_kind": "'customer'",
    "roles": "'[\"admin\"]'",
    "before": '\'{"phase": "x"}\'',
    "after": "NULL",
    "previous": "repeat('1', 64)",
    "hash": "repeat('1', 64)",
}
"""Another value, in SQL; of other columns, another text."""


def test_rows_come_back_as_they_were_hashed(log: Engine) -> None:
    """Instants, amounts, nested values and nothings are in the database what the hash was made of."""
    write(log, 1, 2)
    with transaction(log) as session:
        note(session, change(3, before={"a": 1}, after=None, tenant_id="t"))
        note(session, change(4, customer_id="c"))
    assert verified(log).seq == 4
    with transaction(log) as session:
        assert head(session) == verified(log)


def test_what_is_not_committed_is_not_told(log: Engine) -> None:
    """A crash before or after the row is written leaves neither change nor row, and no gap."""
    write(log, 1)
    with suppress(Crash), transaction(log) as session:
        note(session, change(2))
        raise Crash
    with suppress(Crash), capture_logs() as lines, transaction(log) as session:
        note(session, change(3))
        session.dispatch.before_commit(session)
        assert head(session).seq == 2
        raise Crash
    assert lines == []
    write(log, 4)
    assert [row["object_id"] for row in rows(log)] == ["thing1", "thing4"]
    assert verified(log).seq == 2


def test_a_wish_that_is_repeated_is_one_row(log: Engine) -> None:
    """What is noted once is not noted again, of the same object."""
    write(log, 1, 1, 2, 1, once=True)
    assert [row["object_id"] for row in rows(log)] == ["thing1", "thing2"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET reason = 'another'", "DELETE FROM audit", "TRUNCATE audit"]
)
def test_the_database_refuses_changes(log: Engine, statement: str) -> None:
    """Rows are only added, whoever asks."""
    write(log, 1)
    with pytest.raises(DBAPIError, match="never changed"), transaction(log) as session:
        session.connection().execute(text(statement))


def test_another_value_in_any_column_is_found(log: Engine) -> None:
    """Past the triggers, each column of the table is changed in turn: the verification names the row."""
    write(log, 1, 2, 3)
    for column in AuditRow.model_fields:
        with suppress(Crash), transaction(log) as session:
            _past_triggers(session)
            value = OTHER.get(column, f"coalesce({column}, '') || '!'")
            session.connection().execute(text(f"UPDATE audit SET {column} = {value} WHERE seq = 2"))
            assert _first_bad(session) == 2, column
            raise Crash
    assert verified(log).seq == 3


def test_a_deleted_and_a_moved_row_are_found(log: Engine) -> None:
    """A row is taken out, and two change places: the first that is wrong is named."""
    write(log, 1, 2, 3, 4)
    for statement in (
        "DELETE FROM audit WHERE seq = 2",
        "UPDATE audit SET seq = CASE seq WHEN 2 THEN 30 ELSE 2 END WHERE seq IN (2, 3)",
    ):
        with suppress(Crash), transaction(log) as session:
            _past_triggers(session)
            for part in (statement, "UPDATE audit SET seq = 3 WHERE seq = 30"):
                session.connection().execute(text(part))
            assert _first_bad(session) == 2, statement
            raise Crash


def test_each_row_is_a_checkpoint_in_the_logs(log: Engine) -> None:
    """One line for each row, with its hash and nothing personal."""
    with capture_logs() as lines:
        write(log, 1, 2)
    assert [Checkpoint(line["seq"], line["hash"]) for line in lines][-1] == verified(log)
    assert set(lines[0]) == {"event", "log_level", "seq", "hash", "action", "object"}
    with capture_logs() as lines:
        tell_head(log)
    assert [Checkpoint(line["seq"], line["hash"]) for line in lines] == [verified(log)]


def test_a_new_price_is_told(log: Engine) -> None:
    """With what it was before; unchanged files are told no second time."""
    catalog = load_catalog(ROOT / "plans.yaml", ROOT / "cells.yaml", ROOT / "blueprints")
    sync(log, catalog.plans.values(), catalog.cells.values())
    offers = load_offers(ROOT / "prices.yaml", catalog.plans, load_meters(ROOT / "meters.yaml"))
    assert offers["team"].fee
    fee = offers["team"].fee.model_copy(update={"amount": Decimal("7.50")})
    dearer = offers["team"].model_copy(update={"fee": fee})
    for offered in (offers.values(), offers.values(), [dearer]):
        sync_offers(log, offered, AT)
    told = rows(log)
    assert [row["object_id"] for row in told] == [*(f"{name}.1" for name in offers), "team.2"]
    assert (told[-1]["before"], told[-1]["after"]["fee"]["amount"]) == (told[0]["after"], "7.50")
    assert verified(log).seq == len(told)


def _past_triggers(session: Session) -> None:
    session.connection().execute(text("SET LOCAL session_replication_role = replica"))


def _first_bad(session: Session) -> int | None:
    verifier = Verifier()
    found = session.connection().execute(text("SELECT * FROM audit ORDER BY seq"))
    try:
        for row in found.mappings():
            verifier.take({**row, "at": row["at"].isoformat(timespec="microseconds")})
    except Broken as broken:
        return broken.seq
    return None
