"""The 202 of every change."""

from fastapi import Response

from api.find import operation_url
from api.views import Accepted, Links
from domain.messages import OperationRequest


def accepted(response: Response, request: OperationRequest) -> Accepted:
    """Sets Location, and says the same for every repeat."""
    url = operation_url(request.operation_id)
    response.headers["Location"] = url
    return Accepted(
        operation_id=request.operation_id,
        kind=request.kind,
        tenant_id=request.tenant_id,
        slug=request.slug,
        links=Links(
            operation=url,
            events=f"{url}/events",
            tenant=f"/v1/tenants/{request.slug}?id={request.tenant_id}",
        ),
    )
