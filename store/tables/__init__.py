"""All tables. Constraints are in the database and not only in code."""

from store.tables.base import Table
from store.tables.caller import CustomerRow, IdempotencyRow
from store.tables.catalog import CellRow, PlanRow
from store.tables.drift import ORPHANS_THERE, ObservationRow, OrphanRow, OrphanState
from store.tables.operation import OperationRow
from store.tables.resource import ENDED, CertificateRow, ResourceRow, ResourceState
from store.tables.tenant import TenantRow
from store.tables.usage import USAGE_EVENT, UsageHourRow, UsageIdentityRow, UsageKeyRow, UsageTokenRow

__all__ = [
    "ENDED",
    "ORPHANS_THERE",
    "USAGE_EVENT",
    "CellRow",
    "CertificateRow",
    "CustomerRow",
    "IdempotencyRow",
    "ObservationRow",
    "OperationRow",
    "OrphanRow",
    "OrphanState",
    "PlanRow",
    "ResourceRow",
    "ResourceState",
    "Table",
    "TenantRow",
    "UsageHourRow",
    "UsageIdentityRow",
    "UsageKeyRow",
    "UsageTokenRow",
]
