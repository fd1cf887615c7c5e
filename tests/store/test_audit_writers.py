"""Who writes to the audit log at once, and who vanishes while writing."""

import multiprocessing

import pytest
from sqlalchemy import Engine, text

from domain.errors import Unavailable
from store.audit import note
from store.engine import make_engine, transaction
from tests.store.audited import change, rows, verified, write


def append(url: str, first: int, many: int) -> None:
    engine = make_engine(url, pool_size=1)
    write(engine, *range(first, first + many))
    engine.dispose()


def test_processes_that_append_at_once_make_one_chain(log_url: str, log: Engine) -> None:
    """Two processes and a thread of this one: no gap, no fork, and nobody's row is lost."""
    started = multiprocessing.get_context("spawn")
    others = [started.Process(target=append, args=(log_url, first, 20)) for first in (100, 200)]
    for other in others:
        other.start()
    append(log_url, 300, 20)
    for other in others:
        other.join(60)
        assert other.exitcode == 0
    assert verified(log).seq == 60
    assert len({row["object_id"] for row in rows(log)}) == 60


def test_a_writer_that_vanishes_holds_up_nobody_for_long(log: Engine) -> None:
    """Between its row and its commit, PostgreSQL ends its session after a while by itself."""
    with transaction(log) as session:
        note(session, change(1))
        session.dispatch.before_commit(session)
        limit = session.connection().execute(text("SHOW idle_in_transaction_session_timeout")).scalar()
    assert limit == "10s"
    with transaction(log) as session:
        assert session.connection().execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "0"


def test_a_writer_that_is_killed_leaves_the_log_to_others(log: Engine) -> None:
    """Its session ends between its row and its commit: neither is there, and nobody has to wait."""
    write(log, 1)
    with pytest.raises(Unavailable):
        _write_and_die(log)
    write(log, 3)
    assert [row["object_id"] for row in rows(log)] == ["thing1", "thing3"]
    assert verified(log).seq == 2


def _write_and_die(engine: Engine) -> None:
    with transaction(engine) as session:
        note(session, change(2))
        session.dispatch.before_commit(session)
        pid = session.connection().execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
