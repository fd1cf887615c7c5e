"""Which roles may use which route. A route that is not here is nobody's.

tests/api/access.yaml is the same as a table to read, and is compared with what the API does.
"""

from collections.abc import Mapping

from domain.access import Role

_C, _B, _S, _F, _O = Role.CUSTOMER, Role.BILLING, Role.SUPPORT, Role.FINANCE, Role.OPERATOR

PUBLIC = frozenset({"healthz", "readyz", "problems", "problem"})
"""Need no token: they tell nothing of anybody."""

LOOKS_ITSELF = frozenset({"send_usage"})
"""Verifies the usage token in the thread and the moment in which it stores what came with it."""

_SIGNED_IN = {_C, _B, _S, _F, _O}
_STAFF = {_B, _S, _F, _O}
_LIFE = {_C, _B, _O}
_INVOICES = {_C, _B, _F}

_ROUTES: Mapping[frozenset[str], set[Role]] = {
    frozenset({"me", "plans"}): _SIGNED_IN,
    frozenset({"cells"}): _STAFF,
    # What a customer does for itself, the system that sells for any, and people on call where these fail.
    frozenset({"sign_up", "scale", "suspend", "resume", "restore", "tear_down", "cancel"}): _LIFE,
    frozenset({"preview_change"}): {_C, _B, _S, _O},
    frozenset({"tenants", "tenant", "tenant_operations", "operation", "events", "certificate"}): _SIGNED_IN,
    frozenset({"tenant_audit"}): _SIGNED_IN,
    frozenset({"make_customer", "change_customer"}): {_B, _F},
    frozenset({"customers"}): _STAFF,
    frozenset({"customer"}): _SIGNED_IN,
    frozenset({"usage"}): _SIGNED_IN,
    frozenset({"send_usage"}): {Role.INSTANCE},
    frozenset({"tenant_invoices", "invoice", "invoice_html", "invoice_pdf"}): _INVOICES,
    frozenset({"explanation"}): {_B, _F},
    frozenset({"replay", "close_periods", "closing", "give_credit", "give_charge", "give_discount"}): {_F},
    frozenset({"attention", "drifted", "tenant_drift"}): {_S, _O},
    frozenset({"orphans", "orphan", "delete_orphan", "repair", "rotate_password", "recover"}): {_O},
    frozenset({"retry", "skip", "abort", "amend", "resume_from_pause"}): {_O},
    # Without a customer an endpoint is told of everybody: that is for an admin to say.
    frozenset({"add_webhook", "webhooks", "webhook", "remove_webhook", "enable_webhook"}): {_C},
    frozenset({"rotate_webhook_secret", "webhook_deliveries", "replay_delivery", "replay_webhook"}): {_C},
    frozenset({"request_access"}): {_S, _O},
    frozenset({"all_access", "tenant_access", "access", "revoke_access"}): {_C, _S, _O},
    # Which of them, TENANTRY_ACCESS_APPROVAL says.
    frozenset({"approve_access"}): {_C, _O},
    frozenset({"access_credentials"}): {_S, _O},
    frozenset({"make_key", "keys", "revoke_key", "audit"}): set(),
}

ROLES: Mapping[str, frozenset[Role]] = {
    # A usage token is a tenant's; an admin who reports usage would report it for nobody.
    route: frozenset(roles if roles == {Role.INSTANCE} else roles | {Role.ADMIN})
    for routes, roles in _ROUTES.items()
    for route in routes
}
"""By the name of the route, the operationId of the OpenAPI document. A customer may, where it is its own."""


def may(route: str, roles: frozenset[Role]) -> bool:
    return not roles.isdisjoint(ROLES.get(route, frozenset()))
