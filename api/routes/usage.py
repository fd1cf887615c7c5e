"""Usage: events come in by the token of their tenant, charts go out."""

from typing import Annotated, Any

import anyio.to_thread
import structlog
from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import ClientDisconnect

from api.docs import BODY, READS, errors
from api.find import find_tenant
from api.guard import GuardedRouter
from api.paths import Slug
from api.problems import ApiProblem, away
from api.services import Served, Services
from api.usage import Taken, WrongToken
from api.usage_charts import charts, spans_of
from api.usage_schemas import Charted, RefusedEvent, TakenUsage, TenantUsage
from domain.billing.statements import Prospects
from domain.errors import Unavailable
from domain.metering.cloud_events import NotEvents, TooManyEvents
from domain.metering.usage_token import tenant_of
from store.usage_read import UsageGone

log = structlog.get_logger(__name__)

PATH = "/v1/usage"
SINGLE, BATCH, PLAIN = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/json",
)
AGAIN = "Send the same events after Retry-After: none is counted twice."
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="usage"'}

router = GuardedRouter(tags=["usage"])

_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "5f0c1f0e-0001",
    "source": "/clusters/acme/auth-0",
    "type": "com.goteleport.user.active",
    "time": "2026-01-31T10:00:00Z",
    "data": {"user": "ann@example.com"},
}
_OBJECT, _LIST = {"type": "object"}, {"type": "array", "items": {"type": "object"}, "maxItems": 1000}
_BODY_DOCS = {
    "requestBody": {
        "required": True,
        "content": {
            SINGLE: {"schema": _OBJECT, "example": _EVENT},
            BATCH: {"schema": _LIST, "example": [_EVENT]},
            PLAIN: {"schema": {"oneOf": [_OBJECT, _LIST]}, "example": [_EVENT]},
        },
    }
}

_bearer = HTTPBearer(
    auto_error=False, scheme_name="UsageToken", description="The tenant's usage token, of its secret."
)


def _token(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> tuple[str, str]:
    """The tenant that it names, and the token."""
    tenant_id = tenant_of(given.credentials) if given else None
    if given is None or tenant_id is None:
        said = "no usage token: it begins with tnu_" if given else "no Authorization: Bearer <usage token>"
        raise ApiProblem("UsageTokenRefused", f"The request has {said}.", headers=CHALLENGE)
    return tenant_id, given.credentials


def _events_in_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {SINGLE, BATCH, PLAIN}:
        said = f"not '{media_type[:100]}'" if media_type else "the request names no type"
        raise ApiProblem("UnsupportedMediaType", f"Send Content-Type: {SINGLE}, {BATCH} or {PLAIN}; {said}.")


@router.post(
    PATH,
    summary="Send usage",
    responses=errors("UsageTokenRefused", "TooManyEvents", *BODY, *READS),
    dependencies=[Depends(_token), Depends(_events_in_json)],
    openapi_extra=_BODY_DOCS,
)
async def send_usage(
    services: Served, token: Annotated[tuple[str, str], Depends(_token)], request: Request
) -> TakenUsage:
    """CloudEvents 1.0, one or up to 1,000. Needs no Idempotency-Key: an event that was stored before under
    its source and id is a duplicate, so that a batch may be sent until it is answered. Events that are
    refused are listed, and cost no other."""
    try:
        return _view(await services.usage.take(*token, await request.body()))
    except WrongToken as error:
        raise ApiProblem("UsageTokenRefused", str(error), headers=CHALLENGE) from error
    except NotEvents as error:
        code = "TooManyEvents" if isinstance(error, TooManyEvents) else "MalformedBody"
        raise ApiProblem(code, _sentence(str(error))) from error
    except Unavailable as error:
        log.warning("usage_not_taken", cause=str(error.__cause__)[:200])
        raise away("PostgreSQL", advice=AGAIN) from error
    except ClientDisconnect as error:
        raise ApiProblem("MalformedBody", "The body ended before it was whole.") from error


@router.get(
    "/v1/tenants/{slug}/usage",
    summary="Show a tenant's usage",
    responses=errors("TenantNotFound", "UsageGone", "InvalidSpec", *READS),
)
async def usage(services: Served, slug: Slug, wanted: Annotated[Charted, Query()]) -> TenantUsage:
    """Usage over time, by meter: a point for each hour, day or month in UTC, with what was sent just now; and
    what the next invoice comes to, so far and as it is expected, of all meters whatever is charted.

    At most 1,000 points a meter, and 5,000 in all.
    """
    tenant = await find_tenant(services, slug, wanted.id)
    spans = spans_of(wanted, services.clock.now(), tenant.created_at)
    found = await anyio.to_thread.run_sync(charts, services.usage, tenant.id, wanted, spans)
    told = await _prospects(services, tenant.id) if wanted.forecast else None
    return TenantUsage(
        tenant_id=tenant.id,
        slug=tenant.slug,
        step=wanted.step,
        from_=spans[0].begin,
        to=spans[-1].end,
        meters=found,
        current=told.current if told else None,
        forecast=told.forecast if told else None,
    )


async def _prospects(services: Services, tenant_id: str) -> Prospects | None:
    """Raises ApiProblem."""
    try:
        return await services.query(lambda _: services.forecaster.prospects(tenant_id))
    except UsageGone as error:
        advice = f"{_sentence(str(error))} forecast=false shows the charts without it."
        raise ApiProblem("UsageGone", advice) from error


def _view(taken: Taken) -> TakenUsage:
    return TakenUsage(
        inserted=taken.inserted,
        duplicates=taken.duplicates,
        refused=[
            RefusedEvent(index=one.position, source=one.source, id=one.id, code=one.code, reason=one.reason)
            for one in taken.refused
        ],
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
