"""All tables. Constraints are in the database and not only in code."""

from store.tables.access_grant import AccessGrantRow
from store.tables.api_key import ApiKeyRow
from store.tables.audit import AuditRow
from store.tables.base import Table
from store.tables.billing import (
    BillingFactRow,
    ClosingRow,
    DeliveryRow,
    DraftRow,
    InvoiceCounterRow,
    InvoiceRow,
    LedgerEntryRow,
    PriceVersionRow,
    SubscriptionRow,
)
from store.tables.caller import CustomerRow, IdempotencyRow
from store.tables.catalog import CellRow, PlanRow
from store.tables.drift import ORPHANS_THERE, ObservationRow, OrphanRow, OrphanState
from store.tables.kept_usage import KeptUsageRow
from store.tables.operation import OperationRow
from store.tables.resource import ENDED, CertificateRow, ResourceRow, ResourceState
from store.tables.tenant import TenantRow
from store.tables.usage import (
    USAGE_EVENT,
    UsageDayRow,
    UsageHourRow,
    UsageIdentityRow,
    UsageKeyRow,
    UsageTokenRow,
)
from store.tables.webhook import DeliveryState, WebhookDeliveryRow, WebhookEventRow, WebhookRow

__all__ = [
    "ENDED",
    "ORPHANS_THERE",
    "USAGE_EVENT",
    "AccessGrantRow",
    "ApiKeyRow",
    "AuditRow",
    "BillingFactRow",
    "CellRow",
    "CertificateRow",
    "ClosingRow",
    "CustomerRow",
    "DeliveryRow",
    "DeliveryState",
    "DraftRow",
    "IdempotencyRow",
    "InvoiceCounterRow",
    "InvoiceRow",
    "KeptUsageRow",
    "LedgerEntryRow",
    "ObservationRow",
    "OperationRow",
    "OrphanRow",
    "OrphanState",
    "PlanRow",
    "PriceVersionRow",
    "ResourceRow",
    "ResourceState",
    "SubscriptionRow",
    "Table",
    "TenantRow",
    "UsageDayRow",
    "UsageHourRow",
    "UsageIdentityRow",
    "UsageKeyRow",
    "UsageTokenRow",
    "WebhookDeliveryRow",
    "WebhookEventRow",
    "WebhookRow",
]
