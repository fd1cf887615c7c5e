"""What is sold."""

from api.docs import errors
from api.guard import GuardedRouter
from api.services import Served
from api.views import PlanView

router = GuardedRouter(prefix="/v1/plans", tags=["catalog"])


@router.get("", summary="List plans", responses=errors("InternalError"))
async def plans(services: Served) -> list[PlanView]:
    """In the order of plans.yaml."""
    return [
        PlanView(
            name=plan.name,
            title=plan.title,
            blueprint=plan.blueprint,
            min_users=plan.users.min,
            max_users=plan.users.max,
            grace_days=plan.grace_days,
        )
        for plan in services.catalog.plans.values()
    ]
