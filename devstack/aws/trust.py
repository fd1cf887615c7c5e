"""Roles and their trust policies, as other services look at them."""

import json
from typing import Any

from moto.iam.models import Role, iam_backends

POD_IDENTITY = "pods.eks.amazonaws.com"
POD_ACTIONS = {"sts:assumerole", "sts:tagsession"}


def role_of(account: str, arn: str) -> Role | None:
    """The role of this ARN in the account; hold moto's lock."""
    roles = iam_backends[account]["aws"].roles.values()
    return next((role for role in roles if role.arn == arn), None)


def lets_in_pods(trust_policy: str) -> bool:
    """Whether EKS Pod Identity may both assume the role and tag the session."""
    allowed: set[str] = set()
    for statement in as_list(json.loads(trust_policy).get("Statement")):
        principal = statement.get("Principal") or {}
        services = as_list(principal.get("Service")) if isinstance(principal, dict) else []
        if statement.get("Effect") == "Allow" and POD_IDENTITY in services:
            allowed.update(str(action).lower() for action in as_list(statement.get("Action")))
    return allowed >= POD_ACTIONS or "sts:*" in allowed


def as_list(value: Any) -> list[Any]:
    """Policies write one thing bare and several as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
