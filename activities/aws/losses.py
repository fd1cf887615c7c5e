"""What held a tenant's data or password is made once: gone, it is not replaced by an empty one."""

from datetime import timedelta

from activities.aws.base import Ground
from domain.errors import DataLost, NotReady
from domain.messages import StepCall
from store.inventory import InventoryRow

LOOK_AGAIN = timedelta(seconds=5)


def made_before(ground: Ground, call: StepCall, ref_kind: str, name: str) -> InventoryRow | None:
    """The inventory's row of a thing that we made.

    None for what we were only about to make, and for what we began to remove: a sign-up that is reset by hand
    in the middle of its undo makes it again.

    To be read before the provider is asked: what another attempt makes in between was not lost.
    """
    rows = (row for row in ground.rows(call) if row.state == "made" and not row.removing_since)
    return next((row for row in rows if (row.ref.kind, row.ref.name) == (ref_kind, name)), None)


def may_make(ground: Ground, call: StepCall, made: InventoryRow | None) -> None:
    """To be asked when the provider says that there is no such thing, before one is made.

    Raises DataLost if there was one (`made`, by `made_before`) and no person accepted its loss.
    """
    if made and not call.accept_data_loss:
        raise lost(
            ground,
            made,
            "gone, with what it held. Bring it back under this name, then try again; only a repair that "
            "accepts the loss makes it anew, empty",
        )


def lost(ground: Ground, row: InventoryRow, what_now: str) -> DataLost | NotReady:
    """To be raised. NotReady for what was made so shortly ago that AWS may not show it everywhere yet."""
    ref, settling = row.ref, timedelta(seconds=ground.settling_seconds)
    if row.made_at and ground.inventory.clock.now() - row.made_at < settling:
        return NotReady(f"AWS does not show {ref.kind} {ref.name} yet", retry_after=LOOK_AGAIN)
    about = {"kind": ref.kind, "name": ref.name, "namespace": ref.namespace}
    return DataLost(f"{ref.kind} {ref.name} was made and is {what_now}", about)
