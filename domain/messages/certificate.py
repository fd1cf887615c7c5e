"""Proof that a tenant is gone."""

from datetime import datetime

from domain.messages.interventions import Skipped
from domain.messages.steps import ResourceRef, TenantContext
from domain.plans import Model


class VerifyInput(Model):
    tenant: TenantContext
    operation_id: str


class Survivor(ResourceRef):
    """A thing that is still there after its removal."""

    unmarked: str = ""
    """How it answered, if it is one that we made and bears no marks of ours: no removal touches it."""


class VerifyOutcome(Model):
    checked: int
    survivors: list[Survivor] = []


class Certificate(Model):
    """Proof that a tenant is gone: every object that the inventory ever named, and how it was looked for."""

    tenant_id: str
    slug: str
    customer_id: str
    operation_id: str
    issued_at: datetime
    entries: list["CertificateEntry"]


class CertificateEntry(Model):
    provider: str
    kind: str
    name: str
    namespace: str = ""
    provider_id: str = ""
    made_at: datetime | None = None
    """None: it was intended and never made."""
    gone_at: datetime | None
    """None: it was skipped, and may still be there."""
    proof: str
    """The question asked and the answer: 's3:HeadBucket answered 404'."""
    skipped: Skipped | None = None
    """Set when a person decided not to wait for the proof."""
