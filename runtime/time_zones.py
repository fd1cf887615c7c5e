"""Names of time zones: those of the tz database that is installed with us."""

from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator


def known_zone(name: str) -> str:
    """The name itself. Raises ValueError."""
    # A machine may have more ("localtime", "right/UTC"), which mean nothing, or something else, on another.
    if name not in _names():
        raise ValueError("must be the name of a time zone, such as Europe/Paris or UTC")
    return name


ZoneName = Annotated[str, AfterValidator(known_zone)]


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())
