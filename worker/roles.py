"""What each role of a worker process is: its queue, and how much it takes from it."""

from collections.abc import Mapping
from typing import get_args

from domain.queues import billing_queue, provider_queue
from runtime.settings import Role, Settings

ROLES: tuple[Role, ...] = get_args(Role)
# Long polls are cheap, but each is a call a minute to the server, times the worker processes.
POLLERS: Mapping[Role, int] = {"records": 4, "aws": 4, "kubernetes": 2, "billing": 2}


def queue_of(main_queue: str, role: Role) -> str:
    match role:
        case "records":
            return main_queue
        case "billing":
            return billing_queue(main_queue)
        case "aws" | "kubernetes":
            return provider_queue(main_queue, role)


def per_second(settings: Settings, role: Role) -> float | None:
    """How many activities the server hands out a second; None is no bound."""
    limits: dict[Role, float | None] = {
        "aws": settings.aws_activities_per_second,
        "kubernetes": settings.kubernetes_activities_per_second,
    }
    return limits.get(role)
