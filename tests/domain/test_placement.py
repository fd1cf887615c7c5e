"""Where a new tenant comes: room by what its pods request."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import load_catalog
from domain.errors import QuotaExceeded
from domain.placement import Requests, place
from domain.plans import Cell
from domain.sizing import ComponentSize, Sizes

ROOT = Path(__file__).parents[2]
ANY_CELL = load_catalog(ROOT / "plans.yaml", ROOT / "cells.yaml", ROOT / "blueprints").cells["use1"]
TWO_PODS = Sizes(components={"a": ComponentSize(replicas=2, max_replicas=9, cpu_millis=500, memory_mib=100)})


def cell(name: str, cpu: int, memory: int) -> Cell:
    changes = {"name": name, "allocatable_cpu_millis": cpu, "allocatable_memory_mib": memory}
    return ANY_CELL.model_copy(update=changes)


@pytest.mark.parametrize(
    ("taken", "chosen"),
    [
        ({}, "big"),
        ({"big": Requests(cpu_millis=3000)}, "small"),
        ({"big": Requests(memory_mib=850)}, "small"),
        ({"big": Requests(cpu_millis=2000, memory_mib=200)}, "big"),
    ],
)
def test_the_cell_with_most_room_is_taken(taken: dict[str, Requests], chosen: str) -> None:
    """Room is how many more tenants of these sizes fit, by CPU and by memory; of equals the first by name."""
    cells = [cell("small", 2000, 1000), cell("big", 4000, 1000)]
    assert place(cells, taken, TWO_PODS).name == chosen


def test_without_room_the_cells_are_named() -> None:
    """When none has room, the refusal says what is left where, and what would help."""
    cells = [cell("full", 1000, 1000), cell("narrow", 9000, 199)]
    words = r"1 CPU and 200 MiB: full has 0.5 CPU and 1000 MiB left, narrow has 9 CPU and 199 MiB left; add"
    with pytest.raises(QuotaExceeded, match=words):
        place(cells, {"full": Requests(cpu_millis=500)}, TWO_PODS)


amounts = st.integers(0, 5000)


@given(room=st.lists(st.tuples(amounts, amounts), min_size=1, max_size=4))
def test_what_was_placed_fits(room: list[tuple[int, int]]) -> None:
    """The chosen cell has the room, and a refusal is given only where no cell has it."""
    cells = [cell(f"c{number}", cpu, memory) for number, (cpu, memory) in enumerate(room)]
    fits = {
        one.name for one in cells if one.allocatable_cpu_millis >= 1000 and one.allocatable_memory_mib >= 200
    }
    try:
        chosen = place(cells, {}, TWO_PODS)
    except QuotaExceeded:
        assert not fits
    else:
        assert chosen.name in fits
