"""The catalog: what can be bought, where it can run, and what it consists of."""

from dataclasses import dataclass
from pathlib import Path

from catalog.blueprint import LoadedBlueprint
from catalog.checks import plan_problems
from catalog.files import read_blueprints, read_entries
from catalog.rendering_checks import rendering_problems
from domain.errors import CatalogError
from domain.plans import Cell, Plan


@dataclass(frozen=True)
class Catalog:
    plans: dict[str, Plan]
    cells: dict[str, Cell]
    blueprints: dict[str, LoadedBlueprint]

    def blueprint_of(self, plan_name: str) -> LoadedBlueprint:
        """Raises KeyError for a plan that is not sold."""
        return self.blueprints[self.plans[plan_name].blueprint]

    def cells_of(self, region: str) -> list[Cell]:
        """Cells of a region in the order of cells.yaml; empty if there is none."""
        return [cell for cell in self.cells.values() if cell.region == region]


def load_catalog(plans_file: Path, cells_file: Path, blueprints_dir: Path) -> Catalog:
    """Reads and checks everything, down to a rendering of every blueprint for every plan.

    Raises CatalogError with all problems of all files.
    """
    problems: list[str] = []
    plans = read_entries(plans_file, Plan, problems)
    cells = read_entries(cells_file, Cell, problems)
    blueprints = read_blueprints(blueprints_dir, problems)
    catalog = Catalog(plans, cells, blueprints)
    sound = []
    for plan in plans.values():
        found = plan_problems(plan, blueprints, blueprints_dir)
        problems += [f"{plans_file.name}: {plan.name}.{problem}" for problem in found]
        if not found:
            sound.append(plan)
    problems += rendering_problems(sound, list(cells.values()), blueprints)
    if problems:
        raise CatalogError(list(dict.fromkeys(problems)))
    return catalog
