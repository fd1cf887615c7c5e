"""Comparing a tenant's names in Route 53 with what their ensure would write."""

from activities.aws.base import Holder
from activities.aws.observing import Comparison
from activities.aws.records import Names
from domain.messages import Difference, StepCall


def compare(call: StepCall, kind: str, names: Names, target: str, ttl: int) -> list[Difference]:
    """What differs at one host; its registry record is gone or foreign where the host is not ours."""
    found = Comparison(call, kind, f"{names.host} CNAME")
    match names.holder(call.tenant):
        case Holder.NOBODY:
            return found.missing()
        case Holder.STRANGER:
            return found.lost(
                "no registry record beside it names this tenant, so it is left untouched: "
                f"delete the record by hand (it points at {names.target or 'nothing'}) to have it made again"
            )
    aliases = names.of_type("CNAME")
    if not aliases:
        return found.missing()
    found.field("target", target, names.target)
    found.field("TTL", ttl, aliases[0].get("TTL"))
    return found.differences
