"""The front's time: real time, moved by an offset."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time to everything that the front delays, schedules or stamps."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """`moment` without a zone is taken as UTC."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._offset = aware - datetime.now(UTC)

    @property
    def offset_seconds(self) -> float:
        return self._offset.total_seconds()
