"""What the upkeep of usage did."""

from domain.plans import Model


class UpkeepDone(Model):
    """Of one portion, and of a whole run."""

    dropped: list[str] = []
    """Months whose events are no longer kept."""
    forgotten: int = 0
    """Identities that may be used again."""
    more: bool = False
    """Whether identities are left that are old enough."""
