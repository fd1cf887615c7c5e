"""The search attributes of lifecycle runs: what engineers find runs by in the Temporal UI."""

from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.phases import OperationKind, Phase

TENANT_SLUG = SearchAttributeKey.for_keyword("TenantSlug")
TENANT_PLAN = SearchAttributeKey.for_keyword("TenantPlan")
TENANT_REGION = SearchAttributeKey.for_keyword("TenantRegion")
TENANT_PHASE = SearchAttributeKey.for_keyword("TenantPhase")
OPERATION_KIND = SearchAttributeKey.for_keyword("OperationKind")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")
ALL_KEYS: tuple[SearchAttributeKey[Any], ...] = (
    TENANT_SLUG,
    TENANT_PLAN,
    TENANT_REGION,
    TENANT_PHASE,
    OPERATION_KIND,
    NEEDS_ATTENTION,
)


def at_start(slug: str, plan: str, region: str, phase: Phase, kind: OperationKind) -> TypedSearchAttributes:
    """Given with the start of a run, where they cost nothing."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(TENANT_SLUG, slug),
            SearchAttributePair(TENANT_PLAN, plan),
            SearchAttributePair(TENANT_REGION, region),
            SearchAttributePair(TENANT_PHASE, phase),
            SearchAttributePair(OPERATION_KIND, kind),
            SearchAttributePair(NEEDS_ATTENTION, False),
        ]
    )
