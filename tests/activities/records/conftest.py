"""The fixtures of the store's tests: the records are its transactions."""

from tests.store.conftest import catalog, engine, world

__all__ = ["catalog", "engine", "world"]
