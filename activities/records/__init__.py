"""What the database knows of tenants and operations: written only by their runs, through these activities."""

from activities.records.activities import Records

__all__ = ["Records"]
