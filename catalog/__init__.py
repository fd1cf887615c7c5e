"""Plans, cells and blueprints, read from files and checked as a whole before anything runs."""

from catalog.blueprint import LoadedBlueprint
from catalog.catalog import Catalog, load_catalog
from catalog.context import RenderContext

__all__ = ["Catalog", "LoadedBlueprint", "RenderContext", "load_catalog"]
