"""Writes the audit log: a row for each change, in the change's own transaction, as its last act."""

from typing import Any

import structlog
from sqlalchemy import Engine, event, func, text
from sqlmodel import Session, col, insert, select

from domain.audit.chain import START, Checkpoint, Entry
from domain.audit.changes import Change
from store.engine import transaction
from store.tables import AuditRow

LOCK = (0x61, 0x75646974)
"""Any fixed numbers: who appends takes turns. Other advisory locks here bear one number, so none is this."""
LONGEST_PAUSE_MILLIS = 10_000
"""A client that vanished between its row and its commit holds up all others no longer than this."""
_NOTED, _APPENDED = "audit.noted", "audit.appended"

log = structlog.get_logger(__name__)


def note(session: Session, change: Change) -> None:
    """The row is written when everything else of the transaction is: nobody waits for a lock while holding
    that of the log, so no two writers can wait for each other."""
    session.info.setdefault(_NOTED, []).append(change)


def note_alone(engine: Engine, change: Change) -> None:
    """Of what no transaction of ours begins: before it begins, so that nothing does untold."""
    with transaction(engine) as session:
        note(session, change)


def head(session: Session) -> Checkpoint:
    newest = select(AuditRow.seq, AuditRow.hash).order_by(col(AuditRow.seq).desc()).limit(1)
    found = session.exec(newest).one_or_none()
    return Checkpoint(*found) if found else START


def tell_head(engine: Engine) -> None:
    """To the logs, also where nothing has been changed for longer than they are kept."""
    with transaction(engine) as session:
        newest = head(session)
    log.info("audit_head", seq=newest.seq, hash=newest.hash)


@event.listens_for(Session, "before_commit")
def _append(session: Session) -> None:
    noted: list[Change] = session.info.pop(_NOTED, [])
    if not noted:
        return
    session.flush()
    # What would be checked at the commit waits for locks, too.
    session.connection().execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(
        select(
            func.set_config("idle_in_transaction_session_timeout", str(LONGEST_PAUSE_MILLIS), True),
            func.pg_advisory_xact_lock(*LOCK),
        )
    )
    last = head(session)
    appended: list[Entry] = session.info.setdefault(_APPENDED, [])
    for change in noted:
        if change.once and _is_known(session, change):
            continue
        entry = _entry(change, last)
        session.execute(insert(AuditRow).values(dict(entry)))
        appended.append(entry)
        last = Checkpoint(entry.seq, entry.hash)


def _entry(change: Change, last: Checkpoint) -> Entry:
    origin = change.by.origin
    return Entry(
        seq=last.seq + 1,
        at=change.at,
        actor=change.by.name,
        actor_kind=origin.kind,
        roles=origin.roles,
        action=change.action,
        object_kind=change.object_kind,
        object_id=change.object_id,
        tenant_id=change.tenant_id,
        customer_id=change.customer_id,
        reason=origin.reason,
        request_id=origin.request_id,
        before=_plain(change.before),
        after=_plain(change.after),
        previous=last.hash,
    ).sealed()


def _plain(values: Any) -> dict[str, Any] | None:
    return None if values is None else dict(values)


def _is_known(session: Session, change: Change) -> bool:
    query = select(AuditRow.seq).where(
        AuditRow.object_kind == change.object_kind,
        AuditRow.object_id == change.object_id,
        AuditRow.action == change.action,
    )
    return session.exec(query.limit(1)).first() is not None


@event.listens_for(Session, "after_commit")
def _log(session: Session) -> None:
    """After the commit: where logs are kept, each line is a checkpoint that the database cannot take back."""
    for entry in session.info.pop(_APPENDED, []):
        log.info("audited", seq=entry.seq, hash=entry.hash, action=entry.action, object=entry.object_id)
