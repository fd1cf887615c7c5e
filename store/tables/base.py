"""What all tables share: names of constraints, instants in UTC, enumerations as checked text."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Enum, MetaData
from sqlmodel import SQLModel

INSTANT = DateTime(timezone=True)


class Table(SQLModel):
    """Base of every table; its metadata is what migrations are compared with."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def words(values: Iterable[StrEnum]) -> str:
    """The values as a list for SQL's IN, in a stable order."""
    return ", ".join(f"'{value}'" for value in sorted(values))


def enumeration(kind: type[StrEnum]) -> Enum:
    """Text that reads back as the enumeration; `one_of` gives the constraint that goes with it."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({words(kind)})", name=column)


def implies(condition: str, consequence: str) -> str:
    return f"NOT ({condition}) OR ({consequence})"


def matches(column: str, pattern: str) -> CheckConstraint:
    return CheckConstraint(f"{column} ~ '{pattern}'", name=column)


Arguments = tuple[Any, ...]
