"""What our secrets hold, fresh from the dice."""

import json
import secrets
import string
from dataclasses import dataclass, field

from domain.messages import TenantContext
from domain.metering import usage_token
from domain.naming import database_name, database_users
from domain.specs import SecretSpec

# Letters and digits only: RDS refuses some punctuation, and connection strings need escaping for the rest.
ALPHABET = string.ascii_letters + string.digits
TOKEN = "token"  # noqa: S105 - the name of a field


@dataclass(frozen=True)
class Fresh:
    """Never to be logged, returned from an activity or stored."""

    secret: str = field(repr=False)
    text: str = field(repr=False)
    """As it goes to Secrets Manager."""
    description: str


def fresh(spec: SecretSpec, tenant: TenantContext) -> Fresh:
    if spec.holds == "usage-token":
        token = usage_token.mint(tenant.id)
        return Fresh(token, json.dumps({TOKEN: token}), f"Usage token of tenant {tenant.slug}")
    password = "".join(secrets.choice(ALPHABET) for _ in range(spec.length))
    user = database_users(tenant.id)[0] if spec.holds == "login" else database_name(tenant.id)
    return Fresh(password, login_text(user, password), f"Database credentials of tenant {tenant.slug}")


def login_text(user: str, password: str) -> str:
    return json.dumps({"username": user, "password": password})


def token_in(text: str, tenant_id: str) -> str | None:
    """The usage token that a secret's text holds, if it holds one of this tenant."""
    try:
        token = json.loads(text)[TOKEN]
    except (ValueError, KeyError, TypeError):
        return None
    return token if isinstance(token, str) and usage_token.tenant_of(token) == tenant_id else None
