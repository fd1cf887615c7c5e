"""Customers: every tenant belongs to one."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from store.engine import transaction
from store.tables import CustomerRow


def create_customer(engine: Engine, customer_id: str, name: str, now: datetime) -> CustomerRow:
    """The customer of this id, made if it is new; an existing one keeps its name."""
    with transaction(engine) as session:
        session.execute(
            insert(CustomerRow)
            .values(id=customer_id, name=name, created_at=now)
            .on_conflict_do_nothing(index_elements=["id"])
        )
        return session.get_one(CustomerRow, customer_id)


def get_customer(engine: Engine, customer_id: str) -> CustomerRow | None:
    with transaction(engine) as session:
        return find_customer(session, customer_id)


def find_customer(session: Session, customer_id: str) -> CustomerRow | None:
    return session.get(CustomerRow, customer_id)
