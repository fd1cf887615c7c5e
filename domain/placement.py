"""Which cell of its region a new tenant comes into: a pure function, documented in docs/sizing.md."""

from collections.abc import Iterable, Mapping

from domain.errors import QuotaExceeded
from domain.plans import Cell, Model
from domain.sizing import Sizes


class Requests(Model):
    """What pods ask of a cluster, beyond which its scheduler takes no more."""

    cpu_millis: int = 0
    memory_mib: int = 0


def place(cells: Iterable[Cell], taken: Mapping[str, Requests], sizes: Sizes) -> Cell:
    """The cell with room for the most tenants of these sizes; of equals the first by name.

    `taken` are the requests of the tenants that each cell holds. Raises QuotaExceeded when none has room,
    naming what is left in each.
    """
    left = {cell.name: (cell, _left(cell, taken.get(cell.name, Requests()))) for cell in cells}
    best, room = min(left.values(), key=lambda found: (-_fitting(found[1], sizes), found[0].name))
    if _fitting(room, sizes) < 1:
        rooms = ", ".join(f"{name} has {_said(rest)} left" for name, (_, rest) in sorted(left.items()))
        needed = Requests(cpu_millis=sizes.requested_cpu_millis, memory_mib=sizes.requested_memory_mib)
        raise QuotaExceeded(
            f"no cell in {best.region} has room for a tenant that requests {_said(needed)}: {rooms}; "
            "add nodes and raise what cells.yaml says is allocatable, or add a cell"
        )
    return best


def fits(cell: Cell, others: Requests, sizes: Sizes) -> bool:
    """Whether a tenant of these sizes has room beside the others of its cell."""
    return _fitting(_left(cell, others), sizes) >= 1


def _left(cell: Cell, taken: Requests) -> Requests:
    return Requests(
        cpu_millis=max(0, cell.allocatable_cpu_millis - taken.cpu_millis),
        memory_mib=max(0, cell.allocatable_memory_mib - taken.memory_mib),
    )


def _fitting(left: Requests, sizes: Sizes) -> int:
    return min(
        left.cpu_millis // max(1, sizes.requested_cpu_millis),
        left.memory_mib // max(1, sizes.requested_memory_mib),
    )


def _said(requests: Requests) -> str:
    return f"{requests.cpu_millis / 1000:g} CPU and {requests.memory_mib} MiB"
