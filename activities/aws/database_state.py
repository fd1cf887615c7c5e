"""Comparing an RDS instance with what its ensure would make of it."""

from activities.aws.database_properties import Properties, as_sent
from activities.aws.instances import USABLE, Instance
from activities.aws.observing import Comparison
from domain.sizing import DatabaseSize


def compare(instance: Instance, size: DatabaseSize, wished: Properties, found: Comparison) -> None:
    """Notes what differs, except while RDS is at work with it: its answers are then of both states."""
    if instance.failed:
        found.lost(f"it is {instance.status}, and RDS takes no change of it: restore it from a backup")
    elif instance.status == "stopped":
        found.field("status", "available", instance.status)
    elif instance.status in USABLE:
        found.field("DBInstanceClass", size.instance_class, instance.instance_class)
        # Storage never shrinks: more than wanted is no drift.
        found.field("AllocatedStorage", max(size.storage_gib, instance.storage_gib), instance.storage_gib)
        present = as_sent(instance.properties)
        for name, value in as_sent(wished).items():
            found.field(name, value, present[name])
