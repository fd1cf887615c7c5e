"""The API's advice is for callers of HTTP; here it becomes advice for whoever types commands."""

import re

from client import ApiProblem

_OTHER_VERSION = "the API does not know this request; is it of another version than this command line?"
_NOT_OURS = frozenset(
    {"BadRequest", "MalformedBody", "MethodNotAllowed", "RouteNotFound", "UnsupportedMediaType"}
)
"""Problems of the request's form, which is this program's and not the person's."""

_IN_COMMANDS = (
    ("GET /v1/attention lists", "`tenantry attention` lists"),
    ("GET /v1/tenants lists them", "`tenantry list` shows them"),
    ("List tenants with GET /v1/tenants", "`tenantry list` shows the tenants"),
    ("List them with GET /v1/webhooks", "`tenantry webhook list` shows them"),
    (
        "List what it was told with GET /v1/webhooks/{id}/deliveries",
        "`tenantry webhook deliveries` lists what it was told",
    ),
    ("List a tenant's with GET /v1/tenants/{slug}/access", "`tenantry access list` shows a tenant's"),
    ("GET it and look at its state", "`tenantry access list` shows its state"),
    ("List orphans with GET /v1/orphans", "`tenantry drift orphans` lists them"),
    ("List a tenant's with GET /v1/tenants/{slug}/invoices", "`tenantry billing invoices` lists a tenant's"),
    ("GET the invoice: its lines have their keys", "`tenantry billing invoice` shows them with their keys"),
    ("make one with POST /v1/customers", "--customer finds or makes one by name"),
    ("Find one by name with GET /v1/customers?name=", "`tenantry customer find` finds one by name"),
    ("name one by customer_id", "name one with --customer-id"),
    ("Use the id or Location of the 202 that accepted it", "`tenantry operations` lists those of a tenant"),
    ("List keys with GET /v1/keys", "`tenantry key list` shows them"),
    ("The request has no Authorization: Bearer <key or token>", "Put a key into TENANTRY_API_KEY"),
    ("forecast=false shows", "--no-forecast shows"),
    ("Repeat after Retry-After with", "Repeat in a while with"),
    (
        "Wait as long as Retry-After says, and spread your requests by RateLimit-Remaining",
        "Wait a while, and ask less often",
    ),
    ("the same method, path and body", "the same command"),
    ("Idempotency-Key", "--idempotency-key"),
    ("; see /docs for those there are", ""),
    (": see /docs", ""),
)
_PATTERN = re.compile("|".join(re.escape(said) for said, _ in _IN_COMMANDS))
_WORDS = dict(_IN_COMMANDS)


def in_commands(text: str) -> str:
    return _PATTERN.sub(lambda found: _WORDS[found[0]], text)


def refusal_lines(error: ApiProblem) -> list[str]:
    """For a person: what is wrong and what to do about it, each wrong field, what stands in the way."""
    # The detail of a problem with fields repeats them in one line.
    lines = _problem(error.code, error.problem["title"], "" if error.fields else error.problem["detail"])
    lines += [f"  {one['field']}: {in_commands(one['message'])}" for one in error.fields]
    if operation := error.operation:
        lines.append(f"  open operation: {operation['kind']} {operation['id']}")
    return lines


def _problem(code: str, title: str, detail: str) -> list[str]:
    if code in _NOT_OURS:
        return [_OTHER_VERSION]
    title, detail = in_commands(title), in_commands(detail)
    return [f"{title}: {detail}" if title and detail else title or detail]
