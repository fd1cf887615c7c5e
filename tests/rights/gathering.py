"""Which of the shipped rights were needed, as the stand-ins tell it."""

import json
from urllib.request import urlopen

import pytest

from tests.rights.shipped import WORKER

GATHERED = pytest.StashKey[set[tuple[str, ...]]]()
"""Each begins with `aws` or `kubernetes`."""


def note_aws_rights(config: pytest.Config, url: str) -> None:
    """Asks an AWS front before it stops. The roles of support access are shipped as well."""
    for caller, rights in _asked(url).items():
        if caller == WORKER or "-support-" in caller:
            gathered(config).update(("aws", *right) for right in rights)


def note_cluster_rights(config: pytest.Config, url: str) -> None:
    """The same of a stand-in cluster."""
    gathered(config).update(("kubernetes", *right) for right in _asked(url).get(WORKER, []))


def gathered(config: pytest.Config) -> set[tuple[str, ...]]:
    """In this process so far."""
    return config.stash.setdefault(GATHERED, set())


def _asked(url: str) -> dict[str, list[list[str]]]:
    with urlopen(f"{url}/_devstack/rights", timeout=10) as answer:
        found: dict[str, list[list[str]]] = json.load(answer)
    return found
