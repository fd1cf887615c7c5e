"""Support access: what its run is asked, and what it asks of activities. Secrets travel sealed."""

from datetime import datetime

from domain.audit.origin import OriginIfAny
from domain.messages.steps import TenantContext
from domain.plans import Model
from domain.support import AccessMode, AccessState, Approval


class AccessRequest(Model):
    """Somebody's wish to look into a tenant."""

    grant_id: str
    tenant_id: str
    requested_by: str
    reason: str
    seconds: int
    """How long it lasts, counted from its approval."""
    mode: AccessMode
    approval: Approval
    """Who has to agree: as it was set when it was asked for."""
    approval_seconds: int
    """How long it waits for that."""
    origin: OriginIfAny = None


class AccessPlan(Model):
    """What the run of a grant works with."""

    grant_id: str
    tenant: TenantContext
    mode: AccessMode
    slot: int


class AccessDecision(Model):
    """Somebody approves or revokes it."""

    by: str
    origin: OriginIfAny = None


class AccessApproval(Model):
    grant_id: str
    by: str
    at: datetime
    ends_at: datetime
    origin: OriginIfAny = None


class AccessEnding(Model):
    grant_id: str
    state: AccessState
    by: str | None = None
    """Who ended it, where somebody did."""
    detail: str = ""
    origin: OriginIfAny = None


class CredentialsRequest(Model):
    """Of the requester: credentials for this public key."""

    by: str
    public_key: str
    """X25519, in base64; made for this one request."""


class CredentialsCall(Model):
    """Input of `kubernetes.issue_access` and `aws.issue_access`."""

    plan: AccessPlan
    ends_at: datetime
    public_key: str
    requested_by: str = ""


class SealedCredentials(Model):
    """Only whoever has the private key can open them."""

    sealed: str
    """HPKE (X25519, HKDF-SHA256, ChaCha20-Poly1305), in base64."""
    expires_at: datetime
