"""Support access: who may look into a tenant, for how long, and who has to agree."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from domain.access import Caller, Role
from domain.phases import Phase

SHORTEST_SECONDS = 15 * 60
LONGEST_SECONDS = 8 * 3600
SLOTS = 4
"""Grants of one tenant at once: the names of their accounts are known, so that rights can name them."""
SHORTEST_TOKEN = timedelta(minutes=10)
"""A cluster gives no token that dies sooner."""
LONGEST_TOKEN = timedelta(hours=1)
SESSION = timedelta(minutes=15)
"""Life of a session in AWS: the shortest that there is, because nothing takes one back."""

GIVEN_IN = frozenset({Phase.ACTIVE, Phase.SCALING})
"""Phases in which access may begin. A suspension and a teardown leave them first, then end what is open."""

Approval = Literal["second_person", "customer"]


class AccessMode(StrEnum):
    READ = "read"
    WRITE = "write"


class AccessState(StrEnum):
    REQUESTED = "requested"
    """Waits for approval."""
    APPROVED = "approved"
    """The account in the tenant's namespace is being made."""
    ACTIVE = "active"
    LAPSED = "lapsed"
    """Nobody approved it in time."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    """The tenant was suspended or torn down."""
    FAILED = "failed"


OPEN_ACCESS = frozenset({AccessState.REQUESTED, AccessState.APPROVED, AccessState.ACTIVE})


def approval_problem(approval: str, requested_by: str, approver: Caller) -> str | None:
    """Why this caller may not approve it; None if it may. Nobody approves what they asked for."""
    if approver.subject == requested_by:
        return "nobody approves access that they asked for themselves"
    by_customer = Role.CUSTOMER in approver.roles
    if approval == "customer" and not by_customer:
        return "access to this tenant is approved by its customer"
    if approval == "second_person" and by_customer:
        return "access is approved by an operator or admin here; you may revoke it"
    return None


def may_revoke(requested_by: str, caller: Caller) -> bool:
    """Whoever asked, who runs the tenants, and the customer whose tenant it is."""
    return caller.subject == requested_by or not caller.roles.isdisjoint(
        {Role.CUSTOMER, Role.OPERATOR, Role.ADMIN}
    )


def token_life(left: timedelta) -> timedelta | None:
    """How long a token may live when the grant has this much left; None: too little is left for any.

    A token never outlives its grant, and none leaves a rest behind that is too short for another one.
    """
    if left < SHORTEST_TOKEN:
        return None
    return left if left < LONGEST_TOKEN + SHORTEST_TOKEN else LONGEST_TOKEN


def session_fits(left: timedelta) -> bool:
    """Whether a session in AWS that begins now ends with the grant or before."""
    return left >= SESSION


def account_name(slot: int) -> str:
    """Of the ServiceAccount and the RoleBinding in the tenant's namespace."""
    return f"tenantry-support-{slot}"


def role_name(mode: AccessMode) -> str:
    """Of the ClusterRole that deploy/kubernetes/rbac/support.yaml brings."""
    return f"tenantry-support-{mode}"


def aws_role_name(install: str, mode: AccessMode) -> str:
    """Of the installation's role in AWS that deploy/aws/support-<mode>.json is the policy of."""
    return f"{install}-support-{mode}"


def access_workflow_id(grant_id: str) -> str:
    return f"access/{grant_id}"
