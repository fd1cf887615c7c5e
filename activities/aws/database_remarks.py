"""What there is to say of a change of a database: what RDS allows of it now, and what it keeps."""

from datetime import datetime

from activities.aws.database_change import busy_text, resting_text
from activities.aws.instances import USABLE, Instance
from domain.sizing import DatabaseSize


def kept(instance: Instance, size: DatabaseSize) -> list[str]:
    if instance.storage_gib <= size.storage_gib:
        return []
    stays = f"database storage stays at {instance.storage_gib} GiB instead of {size.storage_gib} GiB"
    return [f"{stays}: RDS storage never shrinks"]


def remarks(instance: Instance, size: DatabaseSize, grown_at: str, now: datetime) -> list[str]:
    busy = [] if instance.status in USABLE else [f"{busy_text(instance)}; what differs is seen then"]
    resting = resting_text(instance, size, grown_at, now)
    return [*busy, *kept(instance, size), *([resting] if resting else [])]
