"""Callers by JSON Web Tokens of one issuer."""

from collections.abc import Mapping
from typing import Any

from domain.access import Caller, Role, role_problem
from runtime.oidc import Issuer, WrongToken, words
from runtime.settings import Settings

LONGEST_SUBJECT = 150


def caller_of(issuer: Issuer, token: str, settings: Settings) -> Caller:
    """Whose token this is. Raises WrongToken, KeysAway; blocks."""
    claims: Mapping[str, Any] = issuer.claims(token)
    subject, customer_id = claims["sub"], claims.get(settings.oidc_customer_claim)
    if not (subject.isprintable() and 0 < len(subject) <= LONGEST_SUBJECT):
        raise WrongToken(f"The token's sub must have 1 to {LONGEST_SUBJECT} printable characters.")
    if not isinstance(customer_id, str | None):
        raise WrongToken(f"The token's {settings.oidc_customer_claim} is no text.")
    # An issuer may know other roles than ours.
    roles = frozenset(Role(name) for name in words(claims.get(settings.oidc_roles_claim)) & set(Role))
    if problem := role_problem(roles, customer_id):
        raise WrongToken(f"The token is not taken: {problem}.")
    return Caller(f"oidc:{subject}", roles, customer_id)
