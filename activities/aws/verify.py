"""The last look before a certificate: every thing that the inventory ever named is asked for."""

from collections.abc import Mapping
from datetime import timedelta

from temporalio import activity

from activities.aws.base import IDENTITY, Finding, Ground, Holder, Kind, settling
from domain.blueprint import StepKind
from domain.errors import NotReady
from domain.messages import Survivor, VerifyInput, VerifyOutcome
from store.inventory import Gone, InventoryRow

LOOK_AGAIN = timedelta(seconds=5)


class Verification:
    def __init__(self, ground: Ground, kinds: Mapping[StepKind, Kind]) -> None:
        self._ground = ground
        self._kinds = kinds

    @activity.defn(name="aws.verify_gone")
    def verify_gone(self, call: VerifyInput) -> VerifyOutcome:
        """Answers survivors only once AWS has had its time: for a while it may show what was just deleted.

        Raises NotReady until then.
        """
        rows = self._ground.inventory.to_verify(call.tenant.id, "aws")
        gone: list[Gone] = []
        survivors: list[Survivor] = []
        for row, finding in self._findings(call, rows):
            proof = _proof(row, finding)
            if proof is None:
                survivors.append(_survivor(row, finding))
            elif row.state != "gone":
                gone.append(Gone(row.ref.kind, row.ref.name, proof, row.ref.namespace))
        if gone:
            self._ground.inventory.gone_all(call.tenant.id, call.operation_id, gone)
        if survivors and settling(self._ground.settling_seconds):
            named = ", ".join(f"{ref.kind} {ref.name}" for ref in survivors)
            raise NotReady(f"AWS still shows {named}", retry_after=LOOK_AGAIN)
        return VerifyOutcome(checked=len(rows), survivors=survivors)

    def _findings(self, call: VerifyInput, rows: list[InventoryRow]) -> list[tuple[InventoryRow, Finding]]:
        by_kind: dict[StepKind, list[InventoryRow]] = {}
        for row in rows:
            by_kind.setdefault(row.ref.step_kind, []).append(row)
        return [
            pair
            for kind, its_rows in by_kind.items()
            for pair in zip(
                its_rows,
                self._kinds[kind].find_all(call.tenant, its_rows),
                strict=True,
            )
        ]


def _survivor(row: InventoryRow, finding: Finding) -> Survivor:
    unmarked = finding.proof if finding.holder is Holder.STRANGER else ""
    return Survivor(**row.ref.model_dump(), unmarked=unmarked)


def _proof(row: InventoryRow, finding: Finding) -> str | None:
    """Why the thing counts as gone, or None if it does not.

    What bears no marks of ours and was never made by us is a stranger's. If we did make a thing of this name,
    it may be that one with its marks taken off: then it survives, and a person decides.
    """
    if finding.holder is Holder.NOBODY:
        return finding.proof
    if finding.holder is Holder.OURS:
        return None
    if row.state != "made":
        return f"{finding.proof}: not ours, never made by us, left untouched"
    made = row.attributes.get(IDENTITY)
    if made and finding.identity and made != finding.identity:
        return f"{finding.proof}: ours was {made}; this one is not ours and is left untouched"
    return None
