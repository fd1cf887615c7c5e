"""No route answers before it is known who asks, and that they may."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from api.access import LOOKS_ITSELF, PUBLIC, ROLES, may
from api.authentication import Authentication
from api.problems import ApiProblem
from api.rates import Rates
from api.strict_json import StrictRequest
from domain.access import Caller

_UNGUARDED = PUBLIC | LOOKS_ITSELF


class GuardedRoute(APIRoute):
    """Looks at the token before anything is read of the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if self.name not in _UNGUARDED:
                request.state.caller = await _admitted(self.name, request)
            return await handle(StrictRequest(request.scope, request.receive))

        return guarded


class GuardedRouter(APIRouter):
    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=GuardedRoute, **options)


async def _admitted(route: str, request: Request) -> Caller:
    """Raises ApiProblem."""
    authentication: Authentication = request.app.state.authentication
    rates: Rates = request.app.state.rates
    caller = await authentication.caller(request.headers.get("authorization"))
    request.state.headers = rates.count(caller.subject)
    if not may(route, caller.roles):
        raise ApiProblem("Forbidden", _why(route, caller))
    return caller


def _why(route: str, caller: Caller) -> str:
    needed = " or ".join(sorted(ROLES.get(route, frozenset()))) or "a role that nobody has"
    return f"This takes the role {needed}; {caller.subject} has {', '.join(sorted(caller.roles)) or 'none'}."
