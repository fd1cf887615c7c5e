"""Typed JSONB: a column holds one pydantic model, or a list or mapping of them."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.types import TypeDecorator


class Document(TypeDecorator[Any]):
    """JSONB that is checked against `shape` on the way in and on the way out."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else self._adapter.validate_python(value)


class OrderedDocument(Document):
    """Kept as it was written: JSONB forgets the order of keys."""

    impl = JSON(none_as_null=True)  # type: ignore[assignment]  # another kind of column is the point
    cache_ok = True
