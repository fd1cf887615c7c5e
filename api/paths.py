"""What the paths name. A name of another form is the name of nothing, as is one that is not there: a 404."""

from typing import Annotated, Any

from fastapi import Path

from api.problems import ApiProblem
from domain.api_key import KEY_ID_PATTERN
from domain.naming import CUSTOMER_ID_PATTERN, SLUG_LONGEST, SLUG_SHORTEST, STEP_PATTERN
from domain.webhooks.events import EVENT_ID_PATTERN
from store.access_grants import GRANT_ID_PATTERN
from store.tables.webhook import WEBHOOK_ID_PATTERN


def _name(pattern: str, longest: int, example: str, description: str | None = None, **more: Any) -> Any:
    return Path(
        pattern=pattern,
        max_length=longest,
        description=description,
        openapi_examples={"example": {"value": example}},
        **more,
    )


Slug = Annotated[
    str, _name(STEP_PATTERN, SLUG_LONGEST, "acme", "The tenant's slug.", min_length=SLUG_SHORTEST)
]
CustomerId = Annotated[
    str, _name(CUSTOMER_ID_PATTERN, 63, "cusk3v9x2m4q8w1", "As making the customer answered it.")
]
OperationId = Annotated[
    str, _name("^[a-z0-9]{1,64}$", 64, "opk3v9x2m4q8w1r5t7za", "From the 202 that accepted it.")
]
InvoiceName = Annotated[
    str, _name("^[!-~]{1,100}$", 100, "2026-000042", "An invoice's number or id; of a draft its id.")
]
ClosingId = Annotated[
    str, _name("^cl[0-9a-f]{20}$", 22, "cl0f3a5c7e9b1d2f4a6c8e", "From the 202 that accepted it.")
]
OrphanId = Annotated[str, _name("^or[0-9a-f]{16}$", 18, "or5f0c2a9be1d47a63")]
GrantId = Annotated[str, _name(f"^{GRANT_ID_PATTERN}$", 20, "ag5f0c2a9be1d47a63b8")]
WebhookId = Annotated[str, _name(WEBHOOK_ID_PATTERN, 14, "whk3v9x2m4q8w1")]
EventId = Annotated[str, _name(EVENT_ID_PATTERN, 22, "evk3v9x2m4q8w1r5t7zab0", "`webhook-id`.")]
KeyId = Annotated[str, _name(KEY_ID_PATTERN, 12, "k3v9x2m4q8w1", "Of the key, as lists show it.")]
ProblemCode = Annotated[str, _name("^[A-Za-z]{1,64}$", 64, "SlugTaken", "`code` of a problem.")]

_NOWHERE = {
    "slug": "TenantNotFound",
    "customer_id": "CustomerNotFound",
    "operation_id": "OperationNotFound",
    "name": "InvoiceNotFound",
    "closing_id": "ClosingNotFound",
    "orphan_id": "OrphanNotFound",
    "grant_id": "AccessNotFound",
    "webhook_id": "WebhookNotFound",
    "event_id": "DeliveryNotFound",
    "key_id": "KeyNotFound",
    "code": "RouteNotFound",
}


def nowhere(parameter: str) -> ApiProblem:
    """404 of a path whose `parameter` cannot be the name of anything."""
    return ApiProblem(_NOWHERE[parameter])
