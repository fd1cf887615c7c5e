"""What all parts of the front share, and the kind of thing that answers a call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.clock import Clock
from devstack.aws.config import AwsConfig, Delays
from devstack.aws.faults import Faults
from devstack.aws.protocol import Answer
from devstack.aws.record import CallLog
from devstack.aws.upstream import Moto

Handler = Callable[[Call], Answer | Mapping[str, Any] | None]
"""answers with members of the operation's output, or with what moto answered"""
Handlers = dict[tuple[str, str], Handler]
"""by service and operation"""


@dataclass
class State:
    """Held by one front; the parts that change have their own locks or are replaced whole."""

    config: AwsConfig
    clock: Clock = field(default_factory=Clock)
    log: CallLog = field(default_factory=CallLog)
    faults: Faults = field(default_factory=Faults)
    moto: Moto = field(default_factory=Moto)
    delays: Delays = field(init=False)
    insufficient: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.delays = self.config.delays
        self.insufficient = frozenset(self.config.insufficient_capacity)
