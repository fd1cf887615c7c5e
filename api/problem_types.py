"""The kinds of problems that the API answers with, as /problems/{code} explains them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemType:
    """One kind of refusal; `code` is what clients switch on and never changes once released."""

    code: str
    status: int
    title: str
    advice: str

    @property
    def uri(self) -> str:
        """Relative to the API, which explains the problem there."""
        return f"/problems/{self.code}"


def _catalogue(*types: ProblemType) -> dict[str, ProblemType]:
    return {kind.code: kind for kind in types}


PROBLEMS: dict[str, ProblemType] = _catalogue(
    ProblemType("MalformedBody", 400, "The body cannot be read", "Send one JSON object in UTF-8."),
    ProblemType(
        "IdempotencyKeyMissing",
        400,
        "The Idempotency-Key header is missing or malformed",
        "Send a key of 1 to 255 visible ASCII characters, new for each change and the same for its repeats.",
    ),
    ProblemType("BadRequest", 400, "The request cannot be read", "Check the request against /docs."),
    ProblemType(
        "UsageTokenRefused",
        401,
        "The usage token is not taken",
        "Send the token that the tenant's secret holds now; a tenant that is gone has none any more.",
    ),
    ProblemType(
        "PreconditionFailed",
        412,
        "It is no longer as you saw it",
        "Read it again, and send the change with the new ETag in If-Match if you still want it.",
    ),
    ProblemType(
        "TooManyRequests",
        429,
        "You ask too often",
        "Wait as long as Retry-After says, and spread your requests by RateLimit-Remaining.",
    ),
    ProblemType(
        "Unauthenticated",
        401,
        "It is not known who asks",
        "Send Authorization: Bearer with a key of this API, or a token of its issuer, that is valid now.",
    ),
    ProblemType(
        "Forbidden",
        403,
        "Your role does not allow this",
        "Ask an admin for a key with the role that it takes.",
    ),
    ProblemType("RouteNotFound", 404, "No such resource", "See /docs for the paths there are."),
    ProblemType(
        "TenantNotFound", 404, "No such tenant", "List tenants with GET /v1/tenants; slugs are lower-case."
    ),
    ProblemType(
        "CustomerNotFound", 404, "No such customer", "Find one by name with GET /v1/customers?name=."
    ),
    ProblemType(
        "OperationNotFound", 404, "No such operation", "Use the id or Location of the 202 that accepted it."
    ),
    ProblemType(
        "InvoiceNotFound", 404, "No such invoice", "List a tenant's with GET /v1/tenants/{slug}/invoices."
    ),
    ProblemType("LineNotFound", 404, "No such line", "GET the invoice: its lines have their keys."),
    ProblemType(
        "ClosingNotFound", 404, "No such closing run", "Use the id or Location of the 202 that accepted it."
    ),
    ProblemType("WebhookNotFound", 404, "No such webhook", "List them with GET /v1/webhooks."),
    ProblemType(
        "DeliveryNotFound",
        404,
        "The webhook was told no such event",
        "List what it was told with GET /v1/webhooks/{id}/deliveries; events are kept for 30 days.",
    ),
    ProblemType("KeyNotFound", 404, "No such key", "List keys with GET /v1/keys."),
    ProblemType(
        "AccessNotFound", 404, "No such access", "List a tenant's with GET /v1/tenants/{slug}/access."
    ),
    ProblemType("OrphanNotFound", 404, "No such orphan", "List orphans with GET /v1/orphans."),
    ProblemType(
        "CertificateNotFound",
        404,
        "There is no deletion certificate",
        "It is issued when everything of a tenant was proven gone: tear it down and wait for 'deleted'.",
    ),
    ProblemType(
        "MethodNotAllowed", 405, "This resource does not take that method", "See the Allow header and /docs."
    ),
    ProblemType("SlugTaken", 409, "This slug is not available", "Choose another."),
    ProblemType(
        "TenantIdTaken", 409, "Another tenant has this id", "Leave 'id' out: Tenantry makes a unique one."
    ),
    ProblemType(
        "KeyMade",
        409,
        "This request has made its key already",
        "It was shown in the first answer only. If that was lost, revoke it and make another under a new "
        "Idempotency-Key.",
    ),
    ProblemType(
        "PhaseConflict",
        409,
        "The tenant's phase does not allow this",
        "Look at the tenant's phase, and do first what leads to an allowed one.",
    ),
    ProblemType(
        "NotPossibleNow",
        409,
        "The operation does not stand where this can be done",
        "GET /v1/attention lists what waits for a person, and what can be done about each.",
    ),
    ProblemType(
        "OperationInProgress",
        409,
        "Another operation is changing this tenant",
        "Wait for the operation named under 'operation', or cancel it; suspend and teardown need not wait.",
    ),
    ProblemType(
        "OperationFinished", 409, "The operation has ended", "Nothing is left to cancel; look at its status."
    ),
    ProblemType(
        "OrphanGone", 409, "The orphan is gone", "Nothing is left to delete; look at its state and detail."
    ),
    ProblemType(
        "AccessNotPossible",
        409,
        "This access does not stand where that can be done",
        "GET it and look at its state; access that has ended can be asked for anew.",
    ),
    ProblemType(
        "QuotaExceeded",
        409,
        "A limit of the account or the cell stands in the way",
        "Raise the limit or free capacity, then repeat with a new Idempotency-Key.",
    ),
    ProblemType(
        "NotBilled",
        409,
        "The tenant is not billed",
        "It has never been active on a plan with a price, so there is nothing to credit, charge or discount.",
    ),
    ProblemType(
        "WebhooksOff",
        409,
        "There are no webhooks here",
        "Whoever runs this installation can set TENANTRY_WEBHOOK_KEYS_FILE, for the API and for workers.",
    ),
    ProblemType("Refused", 409, "The change was refused", "The detail names the reason."),
    ProblemType(
        "UsageGone",
        410,
        "Usage of that time is no longer kept",
        "Events are kept for 400 days; what was issued stays as it is.",
    ),
    ProblemType(
        "BodyTooLarge", 413, "The body is too large", "No request of this API needs that much: see /docs."
    ),
    ProblemType(
        "BodyTooSlow", 408, "The body did not come in time", "Send it at once, with the same Idempotency-Key."
    ),
    ProblemType("TooManyEvents", 413, "Too many events at once", "Send them in batches of at most 1,000."),
    ProblemType("UnsupportedMediaType", 415, "The body is not JSON", "Send Content-Type: application/json."),
    ProblemType(
        "InvalidSpec", 422, "Something asked for is not allowed", "Correct what is listed under 'errors'."
    ),
    ProblemType(
        "IdempotencyKeyReused",
        422,
        "This Idempotency-Key was used for another request",
        "Use a new key for each change; repeat a key only with the same method, path and body.",
    ),
    ProblemType(
        "InternalError",
        500,
        "Something went wrong on our side",
        "Repeat with the same Idempotency-Key, and report the request id if it stays.",
    ),
    ProblemType(
        "Unavailable",
        503,
        "A part of Tenantry is away",
        "Repeat after Retry-After with the same Idempotency-Key: nothing is lost and nothing is done twice.",
    ),
)
