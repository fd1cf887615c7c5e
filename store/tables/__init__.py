"""All tables. Constraints are in the database and not only in code."""

from store.tables.base import Table
from store.tables.caller import CustomerRow, IdempotencyRow
from store.tables.catalog import CellRow, PlanRow
from store.tables.operation import OperationRow
from store.tables.resource import ENDED, CertificateRow, ResourceRow, ResourceState
from store.tables.tenant import TenantRow

__all__ = [
    "ENDED",
    "CellRow",
    "CertificateRow",
    "CustomerRow",
    "IdempotencyRow",
    "OperationRow",
    "PlanRow",
    "ResourceRow",
    "ResourceState",
    "Table",
    "TenantRow",
]
