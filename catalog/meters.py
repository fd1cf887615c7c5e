"""Reading meters.yaml."""

from pathlib import Path

from catalog.files import read_entries
from domain.errors import CatalogError
from domain.metering.meters import Meter


def load_meters(file: Path) -> dict[str, Meter]:
    """The meters by their names, in the order of the file. Raises CatalogError with all problems."""
    problems: list[str] = []
    meters = read_entries(file, Meter, problems)
    if problems:
        raise CatalogError(problems)
    return meters
