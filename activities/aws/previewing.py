"""What a removal of one step would delete, found by reading alone."""

from activities.aws.base import Holder, Kind
from activities.aws.observing import NOT_OURS, Comparison
from domain.messages import Difference, StepCall


def surplus(kind: Kind, call: StepCall) -> list[Difference]:
    """Things of ours that are there, and things that are not ours and stay."""
    rows = kind.ground.rows(call)
    found: list[Difference] = []
    for row, finding in zip(rows, kind.find_all(call.tenant, rows), strict=True):
        thing = Comparison(call, row.ref.kind, row.ref.name)
        if finding.holder is Holder.OURS:
            found += thing.surplus()
        elif finding.holder is Holder.STRANGER:
            found += thing.lost(NOT_OURS)
    return found
