"""The grace of a closed tenant may be shortened, and never grows by a second teardown."""

from datetime import datetime, timedelta


def shortening_problem(remove_after: datetime | None, now: datetime, grace_seconds: int | None) -> str | None:
    """Why a teardown of a closed tenant would not bring its removal forward; None if it does."""
    if remove_after is None or grace_seconds == 0:
        return None
    if grace_seconds is not None and now + timedelta(seconds=grace_seconds) < remove_after:
        return None
    until = remove_after.isoformat(timespec="seconds")
    return (
        f"it is closed and will be removed after {until}; a teardown with a grace that ends earlier brings "
        "that forward (a grace of 0 removes it at once), a restore brings the tenant back"
    )
