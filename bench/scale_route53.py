"""Many sign-ups at the Route 53 of some accounts, by the engine's own pace, spacing and retries.

A simulation of events on a clock that jumps: every wait is an entry of a queue, so an hour takes a second.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Generator, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from statistics import quantiles

from activities.aws.dns import SHARE, SPREADING_SECONDS
from activities.pace import Pace, growing, spread
from activities.polling import spacing
from bench.scale_model import Limit
from domain.errors import Throttled

CALL_SECONDS = 0.05
"""Of one request. An assumption, far below the other waits."""

Waits = Generator[float, None, None]
Requests = Generator[None, None, bool]
"""Yields before each request; returns whether the step has got what it wants."""
Pause = Callable[[float], float]
"""Seconds until the next look, by the seconds since the first."""


def as_the_engine(since: float) -> float:
    return spacing(SPREADING_SECONDS, since, SHARE).total_seconds()


class Clock:
    """Runs what waits in the order of time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Waits]] = []
        self._order = itertools.count()

    def begin(self, at: float, process: Waits) -> None:
        heapq.heappush(self._queue, (at, next(self._order), process))

    def run(self) -> None:
        while self._queue:
            self.now, _, process = heapq.heappop(self._queue)
            for wait in itertools.islice(process, 1):
                self.begin(self.now + wait, process)


class Bucket:
    """Tokens: what AWS lets one account ask of Route 53. A refusal takes none."""

    def __init__(self, clock: Clock, limit: Limit) -> None:
        self._clock, self._limit = clock, limit
        self._tokens, self._filled = limit.burst, 0.0

    def takes(self) -> bool:
        now = self._clock.now
        filled = self._tokens + (now - self._filled) * self._limit.per_second
        self._tokens, self._filled = min(filled, self._limit.burst), now
        enough = self._tokens >= 1
        self._tokens -= enough
        return enough


class Account:
    """Counts who asks; whoever `shares` an account with others shares its bucket and its pace."""

    def __init__(self, clock: Clock, limit: Limit, shares: "Account | None" = None) -> None:
        self.bucket: Bucket = shares.bucket if shares else Bucket(clock, limit)
        self.answered = self.refused = 0

    def lets(self) -> bool:
        answers = self.bucket.takes()
        self.answered += answers
        self.refused += not answers
        return answers


class Worker:
    """One process with its paces, which know the clock and leave the waiting to it."""

    def __init__(self, clock: Clock, *, pace_for_each_account: bool) -> None:
        self._clock = clock
        self._each = pace_for_each_account
        self._paces: dict[Bucket | None, Pace] = {}
        self._wait = 0.0

    def request(self, account: Account, attempt: Context) -> Waits:
        """Raises Throttled, by our own pace or by AWS."""
        pace = self._pace(account)
        self._wait = 0.0
        attempt.run(pace.await_turn)
        yield self._wait + CALL_SECONDS
        if not account.lets():
            pace.slow_down()
            raise Throttled("Rate exceeded")

    def _pace(self, account: Account) -> Pace:
        whose = account.bucket if self._each else None
        if whose not in self._paces:
            self._paces[whose] = Pace("AWS route53", now=lambda: self._clock.now, sleep=self._keep)
        return self._paces[whose]

    def _keep(self, seconds: float) -> None:
        self._wait = seconds


@dataclass
class Outcome:
    seconds: list[float] = field(default_factory=list)
    """From the wish for the records to their being everywhere, of each sign-up."""
    answered: int = 0
    refused: int = 0
    ended: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.ended

    @property
    def calls(self) -> float:
        """Answered, for each sign-up."""
        return self.answered / len(self.seconds)

    @property
    def refusals(self) -> float:
        """As a share of all that was asked."""
        return self.refused / (self.refused + self.answered)

    def percentile(self, percent: int) -> float:
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1]


class Signup:
    """The step `dns` of one sign-up, as `activities/aws/dns.py` does it."""

    def __init__(self, clock: Clock, workers: list[Worker], account: Account, pause: Pause) -> None:
        self._clock, self._workers, self._account, self._pause = clock, workers, account, pause
        self._submitted: float | None = None

    def play(self, outcome: Outcome) -> Waits:
        began = self._clock.now
        if not (yield from self._activity(self._ensure)):
            yield from self._activity(self._look, until_ready=True)
        outcome.seconds.append(self._clock.now - began)
        outcome.ended = self._clock.now

    def _activity(
        self, step: Callable[[], Requests], *, until_ready: bool = False
    ) -> Generator[float, None, bool]:
        """Attempt after attempt, each in any worker."""
        scheduled = self._clock.now
        for attempt in itertools.count(1):
            began = self._clock.now
            try:
                ready = yield from self._attempt(step())
            except Throttled as error:
                yield spread(error.retry_after or growing(attempt)).total_seconds()
                continue
            if ready or not until_ready:
                return ready
            yield self._pause(began - scheduled)
        raise AssertionError

    def _attempt(self, requests: Requests) -> Generator[float, None, bool]:
        worker, context = random.choice(self._workers), copy_context()
        while True:
            try:
                next(requests)
            except StopIteration as end:
                return bool(end.value)
            yield from worker.request(self._account, context)

    def _ensure(self) -> Requests:
        made = self._submitted is not None
        yield  # CREATE; where an earlier attempt made the records, it is refused
        if made:
            yield  # whose are they?
            yield  # UPSERT
        self._submitted = self._clock.now
        return (yield from self._look())

    def _look(self) -> Requests:
        yield  # GetChange
        return self._submitted is not None and self._clock.now - self._submitted >= SPREADING_SECONDS


@dataclass(frozen=True)
class Stage:
    """What the sign-ups meet."""

    limit: Limit
    accounts: int = 1
    processes: int = 2
    pace_for_each_account: bool = True
    """As the engine would need it; it has one pace for the Route 53 of all accounts."""
    scanned_per_minute: float = 0
    """By a scan for drift beside them, in the first account."""
    pause: Pause = as_the_engine


def simulate(stage: Stage, arrivals: Sequence[float], beside: Sequence[float] = ()) -> Outcome:
    """Sign-ups that reach the step at these moments, in the accounts by turns. The same each time.

    `beside`: of others, in an account of their own; with any, the outcome is theirs alone.
    """
    random.seed(7)
    clock, outcome = Clock(), Outcome()
    accounts = [Account(clock, stage.limit) for _ in range(stage.accounts)]
    workers = [
        Worker(clock, pace_for_each_account=stage.pace_for_each_account) for _ in range(stage.processes)
    ]

    def play(moment: float, account: Account, noted: Outcome) -> None:
        clock.begin(moment, Signup(clock, workers, account, stage.pause).play(noted))

    for moment, account in zip(arrivals, itertools.cycle(accounts), strict=False):
        play(moment, account, Outcome() if beside else outcome)
    if beside:
        accounts = [Account(clock, stage.limit)]
        for moment in beside:
            play(moment, accounts[0], outcome)
    scanned = Account(clock, stage.limit, shares=accounts[0])
    if stage.scanned_per_minute:
        clock.begin(0.0, _scan(clock, workers[0], scanned, stage.scanned_per_minute, arrivals[-1]))
    clock.run()
    outcome.answered = sum(account.answered for account in accounts)
    outcome.refused = sum(account.refused for account in accounts)
    return outcome


def _scan(clock: Clock, worker: Worker, account: Account, per_minute: float, until: float) -> Waits:
    """One request for each tenant, evenly; what is refused is tried again after ten seconds."""
    while clock.now < until:
        try:
            yield from worker.request(account, copy_context())
        except Throttled:
            yield 10.0
        yield 60.0 / per_minute
