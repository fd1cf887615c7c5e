"""Every workflow type: what precedes it, how it is asked for, where it can be struck, where it ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos import asks, preludes
from tests.chaos.asks import Ask
from tests.chaos.blueprint import step, steps
from tests.chaos.ground import Ground
from tests.chaos.points import Act, Point, ensured, record, removed, stopped, undone, whole
from tests.workflows.stage import Json


class State(StrEnum):
    """How a tenant may be left; each value is a phase."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    DELETED = "deleted"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def exists(self) -> bool:
        return self in {State.ACTIVE, State.SUSPENDED, State.CLOSED}


@dataclass(frozen=True)
class Life:
    """One workflow type under test."""

    name: str
    kind: str
    """Of its operation."""
    points: tuple[Point, ...]
    origin: State | None
    """Before the operation; none for a sign-up."""
    goal: State
    prelude: Callable[[Ground], Awaitable[Json]]
    """Brings a tenant to the origin: its id and slug."""
    ask: Ask
    """Asks for the operation; returns when it was accepted."""
    goes_back: bool = True
    """Whether it is undone when it fails or is cancelled; leaving only goes forward, and so does an undo."""
    takes_back: bool = True
    """Whether an undo takes back what was done; what a repair has brought back stays."""
    ends: str = "succeeded"
    """The status of its operation at the goal."""
    refused_at: str = ""
    """The step at which its work is refused for good, where it is the way back that is struck."""

    def point(self, name: str) -> Point:
        return next(point for point in self.points if point.name == name)

    def undone(self, *, cancelled: bool) -> State:
        """Where an operation that is undone leaves the tenant."""
        if self.origin is not None:
            return self.origin
        return State.CANCELLED if cancelled else State.FAILED


_SIZED = [step for step in steps() if step.sized]
_WORKLOAD = [step for step in steps() if step.workload]
_LOGIN = [
    step(name) for name in ("database-admin", "database-password", "database", "config", "auth", "proxy")
]
_FROM_AUTH = steps()[[step.name for step in steps()].index(preludes.LOST_AT) :]
_BEFORE_AUTH = [step for step in steps() if step not in _FROM_AUTH]

LIVES = (
    Life(
        "SignupTenant",
        "signup",
        whole(ensured(steps(), Act.MAKE)),
        None,
        State.ACTIVE,
        preludes.nobody,
        asks.sign_up,
    ),
    # Its last step is refused for good: the faults strike the undo of all others.
    Life(
        "SignupTenant.undone",
        "signup",
        (*undone(steps()[:-1]), record("finish")),
        None,
        State.FAILED,
        preludes.doomed,
        asks.sign_up,
        goes_back=False,
        ends="failed",
    ),
    Life(
        "ScaleTenant",
        "scale",
        whole(ensured(_SIZED, Act.CHANGE)),
        State.ACTIVE,
        State.ACTIVE,
        preludes.active,
        asks.change("PATCH", "", {"users": asks.MANY}),
    ),
    # The last step of its work is refused for good, once: the faults strike the way back.
    Life(
        "ScaleTenant.undone",
        "scale",
        (*ensured(reversed(_SIZED), Act.CHANGE), record("finish")),
        State.ACTIVE,
        State.ACTIVE,
        preludes.active,
        asks.change("PATCH", "", {"users": asks.MANY}),
        goes_back=False,
        ends="failed",
        refused_at=_SIZED[-1].name,
    ),
    Life(
        "SuspendTenant",
        "suspend",
        whole(ensured(reversed(_WORKLOAD), Act.TOUCH)),
        State.ACTIVE,
        State.SUSPENDED,
        preludes.active,
        asks.change("POST", "/suspend"),
    ),
    Life(
        "ResumeTenant",
        "resume",
        whole(ensured(_WORKLOAD, Act.TOUCH)),
        State.SUSPENDED,
        State.ACTIVE,
        preludes.suspended,
        asks.change("POST", "/resume"),
    ),
    Life(
        "RestoreTenant",
        "restore",
        whole(ensured(steps(), Act.TOUCH)),
        State.CLOSED,
        State.ACTIVE,
        preludes.closed,
        asks.change("POST", "/restore"),
    ),
    Life(
        "TeardownTenant",
        "teardown",
        whole(stopped()),
        State.ACTIVE,
        State.CLOSED,
        preludes.active,
        asks.change("DELETE", "?grace=3600"),
        goes_back=False,
    ),
    Life(
        "TeardownTenant.at-once",
        "teardown",
        whole([*stopped(), *removed()]),
        State.ACTIVE,
        State.DELETED,
        preludes.active,
        asks.change("DELETE", "?grace=0"),
        goes_back=False,
    ),
    Life(
        "RemoveTenant",
        "remove",
        whole(removed()),
        State.CLOSED,
        State.DELETED,
        preludes.closed,
        asks.remove,
        goes_back=False,
    ),
    Life(
        "RecoverTenant",
        "signup",
        whole([*ensured(_BEFORE_AUTH, Act.TOUCH), *ensured(_FROM_AUTH, Act.MAKE)]),
        None,
        State.ACTIVE,
        preludes.lost,
        asks.recover,
    ),
    Life(
        "RepairTenant",
        "repair",
        whole(ensured(map(step, preludes.SPOILED), Act.TOUCH)),
        State.ACTIVE,
        State.ACTIVE,
        preludes.spoiled,
        asks.change("POST", "/repair"),
        takes_back=False,
    ),
    Life(
        "RotateDatabasePassword",
        "rotate",
        whole(
            [*ensured(_LOGIN, Act.TOUCH), Point("new-password", "password.prepare", Act.PREPARE, "database")]
        ),
        State.ACTIVE,
        State.ACTIVE,
        preludes.active,
        asks.change("POST", "/rotate-password"),
        takes_back=False,
    ),
    # From here on it only goes forward.
    Life(
        "RotateDatabasePassword.moving",
        "rotate",
        (Point("move", "password.move", Act.MOVE, "database"), record("finish")),
        State.ACTIVE,
        State.ACTIVE,
        preludes.active,
        asks.change("POST", "/rotate-password"),
        goes_back=False,
    ),
    # A workflow type joins the matrix by one entry here.
)

LIFE = {life.name: life for life in LIVES}
