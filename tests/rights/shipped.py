"""The shipped rights of the worker roles, rendered for the installations that tests run."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from catalog import Catalog, load_catalog
from domain.plans import Cell
from runtime.settings import Role, Settings
from worker.policies import policies_of

WORKER = "tests"
"""The access key of workers with role aws, and of workers that serve all roles."""
NOBODY = "nobody"
"""The access key of all other workers, of the API and of set-up."""
ROLLOUTS = [f"roll{number}" for number in range(20)]
"""Each test of a rollout has an installation of its own."""
INSTALLS = ("test", "cli", "drift", *ROLLOUTS)
ELSEWHERE: tuple[Role, ...] = ("records", "kubernetes", "billing")


@cache
def shipped_catalog() -> Catalog:
    settings = Settings()
    return load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)


def shipped_cells() -> list[Cell]:
    return list(shipped_catalog().cells.values())


def policies(
    installs: Sequence[str] = INSTALLS, cells: Sequence[Cell] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """By access key."""
    where = cells or [*shipped_cells(), *_lost_cells()]
    return {
        WORKER: [policy for install in installs for policy in policies_of("aws", install, where).values()],
        NOBODY: [policy for role in ELSEWHERE for policy in policies_of(role, "test", where).values()],
    }


def _lost_cells() -> list[Cell]:
    """Of tests in which a cluster or a zone is gone, or another one than before."""
    first = shipped_cells()[0]
    return [
        first.model_copy(update={"cluster": "nowhere", "hosted_zone_id": "Z0GONE"}),
        first.model_copy(update={"cluster": "another"}),
    ]
