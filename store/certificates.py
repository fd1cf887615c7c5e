"""Deletion certificates."""

from sqlalchemy import Engine

from domain.messages import Certificate
from store.engine import transaction
from store.tables import CertificateRow


def get_certificate(engine: Engine, tenant_id: str) -> Certificate | None:
    with transaction(engine) as session:
        row = session.get(CertificateRow, tenant_id)
        return row.document if row else None
