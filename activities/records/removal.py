"""The removal part of a teardown or removal: what has to go, and the proof that it went."""

from sqlalchemy.dialects.postgresql import insert

from activities.records.begin import steps_to_remove
from activities.records.desk import Desk
from domain.errors import PermanentError
from domain.messages import Certificate, CertificateEntry, OperationPlan, Skipped, VerifyInput
from domain.phases import Phase
from store.holds import held_tenant
from store.tables import CertificateRow, ResourceRow, TenantRow
from store.webhooks.telling import tell_phase


def begin_removal(desk: Desk, call: VerifyInput) -> OperationPlan:
    """From here on there is no way back. Raises StaleRun."""
    tenant = held_tenant(desk.session, call.tenant.id, call.operation_id)
    before, tenant.phase = tenant.phase, Phase.REMOVING
    tenant.updated_at = desk.now
    tell_phase(desk.session, tenant, before, call.operation_id, desk.now)
    return OperationPlan(
        tenant=call.tenant,
        phase_before=Phase.CLOSING,
        before=desk.last_good(tenant),
        after=None,
        steps=steps_to_remove(desk, tenant),
        outputs=tenant.outputs,
        final_snapshot=desk.plan_of(tenant).final_snapshot and tenant.sizes is not None,
    )


def issue_certificate(desk: Desk, call: VerifyInput) -> int:
    """Writes the certificate once; returns how many things it covers.

    Raises StaleRun, or PermanentError while anything of the inventory is not proven gone.
    """
    tenant = held_tenant(desk.session, call.tenant.id, call.operation_id)
    entries = [_entry(tenant, row) for row in _in_order(desk.resources(tenant.id))]
    document = Certificate(
        tenant_id=tenant.id,
        slug=tenant.slug,
        customer_id=tenant.customer_id,
        operation_id=call.operation_id,
        issued_at=desk.now,
        entries=entries,
    )
    desk.session.execute(
        insert(CertificateRow)
        .values(tenant_id=tenant.id, operation_id=call.operation_id, document=document, issued_at=desk.now)
        .on_conflict_do_nothing(index_elements=["tenant_id"])
    )
    return len(entries)


def _in_order(rows: list[ResourceRow]) -> list[ResourceRow]:
    return sorted(rows, key=lambda row: (row.provider, row.kind, row.namespace, row.name))


def _entry(tenant: TenantRow, row: ResourceRow) -> CertificateEntry:
    proof = _not_proven(row.skipped) if row.skipped else row.proof
    if proof is None:
        raise PermanentError(
            f"no certificate for tenant '{tenant.slug}': {row.kind} {row.name} is not proven gone"
        )
    return CertificateEntry(
        provider=row.provider,
        kind=row.kind,
        name=row.name,
        namespace=row.namespace,
        provider_id=row.provider_id,
        made_at=row.made_at,
        gone_at=row.gone_at,
        proof=proof,
        skipped=row.skipped,
    )


def _not_proven(skipped: Skipped) -> str:
    return f"not proven gone: skipped by {skipped.by}, because {skipped.why}"
