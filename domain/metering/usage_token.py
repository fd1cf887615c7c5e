"""The token by which a tenant's instance proves whose usage it sends."""

from domain import bearer
from domain.naming import TENANT_ID_PATTERN

PREFIX = "tnu_"
"""Told apart at a glance, and found by whoever searches for secrets that leaked."""
_FORM = bearer.form(PREFIX, TENANT_ID_PATTERN)


def mint(tenant_id: str) -> str:
    return bearer.minted(PREFIX, tenant_id)


def tenant_of(token: str) -> str | None:
    """The tenant that a token says it is of, which proves nothing; None for what is no token."""
    found = _FORM.fullmatch(token)
    return found[1] if found else None
