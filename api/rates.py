"""How often one caller may ask, so that one who asks without end takes nothing from the others."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.problems import ApiProblem

Headers = dict[str, str]


class Rates:
    """Of one process. Blocks for no time to speak of."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, subject: str) -> Headers:
        """What the answer says of the caller's rate. Raises ApiProblem."""
        allowed = self._limiter.hit(self._item, subject)
        stats = self._limiter.get_window_stats(self._item, subject)
        seconds = str(max(math.ceil(stats.reset_time - time.time()), 1))
        told = {
            "RateLimit-Limit": str(self._item.amount),
            "RateLimit-Remaining": str(max(stats.remaining, 0) if allowed else 0),
            "RateLimit-Reset": seconds,
        }
        if not allowed:
            detail = f"{subject} asked more than {self._item.amount} times in a minute; wait {seconds} s."
            raise ApiProblem("TooManyRequests", detail, headers=told | {"Retry-After": seconds})
        return told
