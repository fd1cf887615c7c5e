"""The shipped catalog, loaded once."""

import pytest

from catalog import Catalog, load_catalog
from tests.catalog.samples import ROOT


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(ROOT / "plans.yaml", ROOT / "cells.yaml", ROOT / "blueprints")
