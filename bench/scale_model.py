"""What an installation takes at 1,000 to 1,000,000 tenants: arithmetic alone, on what was measured.

Every number that is not computed here is measured, read from a source or assumed; docs/scale.md says which.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from activities.aws.dns import SHARE
from activities.polling import SHARE_OF_EXPECTED, spacing

SIZES = (1_000, 10_000, 100_000, 1_000_000)
"""Tenants."""
MONTH_HOURS = 730
HOURS = 3_600

# Temporal Actions, counted from histories without delays; polls come on top.
SIGNUP_ACTIONS, SCALE_ACTIONS, TEARDOWN_ACTIONS, ROTATION_ACTIONS = 23, 10, 30, 17
PAGE_ACTIONS = 6
PAGE_TENANTS = 200
SCHEDULES = {
    "due-removals": (6, 300),
    "recover-lost": (6, 300),
    "webhooks": (10, 300),
    "due-rotations": (6, 3_600),
    "close-periods": (11, 3_600),
    "check-drift": (37, 3_600),
    "keep-usage": (6, 21_600),
}
"""Actions of one firing, however few tenants, and its interval in seconds."""
HISTORY_BYTES = 56_000
"""Of a sign-up, sealed."""

# What is slow, as AWS and the cluster take it: seconds, of which the engine expects as many.
SLOW = {"database": 480, "load balancer": 90, "auth": 40, "dns": 60}
SHARES = {"dns": SHARE}
"""Of the expected time, between two looks, where it is not the usual one."""

# Tenants do, a month: assumptions.
SIGNUPS, TEARDOWNS, SCALES, ROTATIONS = 0.03, 0.03, 0.2, 1 / 3
USERS, ACTIVE_HOURS, COUNTED_KINDS = 50, 160, 4
EVENTS = USERS * ACTIVE_HOURS + COUNTED_KINDS * 720
"""One for each user and hour in which it was active, one for each kind of thing and hour."""
EVENT_MONTHS = 400 / 30
"""How long events are kept."""

# Bytes of a row with its indexes, measured on packed tables.
ROW = {
    "resource": 403,
    "tenant": 1_640,
    "operation": 3_550,
    "audit": 546,
    "webhook_event": 364,
    "subscription": 213,
    "billing_fact": 344,
    "usage_event": 179,
    "usage_identity": 116,
    "usage_key": 287,
    "usage_hour": 145,
    "usage_day": 145,
    "invoice": 1_528,
    "ledger_entry": 351,
    "kept_usage": 344,
}
RESOURCES = 42
STREAMS = 1 + COUNTED_KINDS

# Processor seconds, measured on one machine; a look is that of a scan for drift at one tenant.
SIGNUP_WORKER, SIGNUP_API, LOOK_WORKER = 0.260, 0.030, 0.130
EVENT_CPU = 37e-6
INVOICES_PER_SECOND = 590
BUSY = 0.6
"""How much of a processor is planned for."""

DRIFT_PER_MINUTE, SCAN_SECONDS = 120, 3_600
TENANTS_PER_ACCOUNT, CELLS_PER_ACCOUNT = 1_000, 2

# Dollars.
ACTION_TIERS = ((5, 50), (5, 45), (10, 40), (30, 35), (50, 30), (100, 25))
"""Millions of Actions a month, and dollars for one million; beyond, the last is taken."""
FAIRNESS = 1.1
SUPPORT = 500
RETAINED_GB_HOUR = 0.00105
RDS_VCPU_HOUR = 0.478 / 4
RDS_GB_MONTH = 0.115
ZONES = 2
RDS_TB_PER_4_VCPU = 3
EC2_VCPU_HOUR = 0.0816 / 2
ENGINE_VCPU = 1
"""The least of an installation: two workers and two API processes with a quarter each (assumed)."""


@dataclass(frozen=True)
class Limit:
    """A bucket of tokens."""

    per_second: float
    burst: float


ROUTE53 = {"5/s": Limit(5, 5), "10/s": Limit(10, 50)}


@dataclass(frozen=True)
class Quota:
    """How many of a thing one account (in one region) may have, and how many a tenant takes."""

    thing: str
    per_tenant: int
    default: int
    raised: int | None
    """None: AWS names no highest value."""

    def tenants(self, quota: int) -> int:
        return quota // self.per_tenant


QUOTAS = (
    Quota("RDS instances, region", 1, 40, None),
    Quota("Network Load Balancers, region", 1, 50, None),
    Quota("RDS parameter groups, region", 1, 50, None),
    Quota("IAM roles, account", 3, 1_000, 5_000),
    Quota("interfaces of load balancers, VPC, 3 zones", 3, 1_200, None),
    Quota("example cell of 512 CPUs, cluster", 750, 512_000, None),
    Quota("records, hosted zone", 4, 10_000, None),
    Quota("buckets, account", 1, 10_000, None),
    Quota("namespaces, cluster", 1, 10_000, None),
)


def looks(thing: str) -> int:
    """Polls of a thing that takes as long as expected, spaced as the engine does it."""
    expected, share = SLOW[thing], SHARES.get(thing, SHARE_OF_EXPECTED)
    since, count = timedelta(), 1
    while since.total_seconds() < expected:
        since += spacing(expected, since.total_seconds(), share)
        count += 1
    return count


def signup_polls() -> int:
    """Each is an Action."""
    return sum(looks(thing) for thing in SLOW)


def dns_calls() -> int:
    """Requests of a sign-up to Route 53: the change, a look in the same attempt, and the polls."""
    return 2 + looks("dns")


def knee(limit: Limit, scanned_per_minute: float = 0, calls: int | None = None) -> float:
    """Sign-ups a second in one account beyond which Route 53 refuses."""
    return (limit.per_second - scanned_per_minute / 60) / (calls or dns_calls())


LEAST_CALLS = 3
"""The change, a look beside it, and one that comes when it is done."""


def burst_seconds(limit: Limit, signups: int) -> float:
    """The least that so many sign-ups at once take in one account."""
    return SLOW["dns"] + signups * LEAST_CALLS / limit.per_second


def scan_hours(tenants: int) -> float:
    """One walk through all tenants: its pages come one after the other, whatever the number of workers."""
    return tenants / DRIFT_PER_MINUTE / 60


def scans(tenants: int) -> float:
    """A month; the schedule skips what would begin while one is under way."""
    return MONTH_HOURS / max(ceil(scan_hours(tenants)), 1)


def schedule_actions() -> float:
    """A month, however few tenants."""
    return sum(actions * MONTH_HOURS * HOURS / interval for actions, interval in SCHEDULES.values())


def operation_actions() -> float:
    """A tenant and month."""
    signup = SIGNUPS * (SIGNUP_ACTIONS + signup_polls())
    return signup + TEARDOWNS * TEARDOWN_ACTIONS + SCALES * SCALE_ACTIONS + ROTATIONS * ROTATION_ACTIONS


def actions(tenants: int, engines: int) -> float:
    """A month, of so many installations that share the tenants."""
    pages = scans(ceil(tenants / engines)) * tenants / PAGE_TENANTS * PAGE_ACTIONS
    return engines * schedule_actions() + pages + tenants * operation_actions()


def fixed_bytes() -> float:
    """Of a tenant, from its sign-up."""
    rows = RESOURCES * ROW["resource"] + ROW["tenant"] + ROW["subscription"] + ROW["billing_fact"]
    return rows + operation_bytes()


def operation_bytes() -> float:
    return ROW["operation"] + 2 * ROW["audit"] + 3 * ROW["webhook_event"]


def kept_bytes() -> float:
    """A tenant and month, for good."""
    invoice = ROW["invoice"] + 2.5 * ROW["ledger_entry"] + ROW["kept_usage"] + ROW["webhook_event"]
    usage = STREAMS * (720 * ROW["usage_hour"] + 30 * ROW["usage_day"]) + USERS * ROW["usage_key"]
    return invoice + usage + (SCALES + ROTATIONS) * operation_bytes()


def event_bytes() -> float:
    """A tenant and month, until they are dropped."""
    return EVENTS * (ROW["usage_event"] + ROW["usage_identity"])


def database_gb(tenants: int, months: int) -> float:
    """After so many months at that size."""
    events = event_bytes() * min(months, EVENT_MONTHS)
    return tenants * (fixed_bytes() + kept_bytes() * months + events) / 1e9


def processors(tenants: int) -> dict[str, float]:
    """On average: workers that run operations and scan each hour, and the API that takes usage."""
    month = MONTH_HOURS * HOURS
    operations = tenants * (SIGNUPS + TEARDOWNS + SCALES + ROTATIONS) * (SIGNUP_WORKER + SIGNUP_API) / month
    return {
        "operations": operations,
        "drift": tenants * LOOK_WORKER / SCAN_SECONDS,
        "usage": tenants * EVENTS * EVENT_CPU / month,
    }


def temporal_dollars(count: float, tenants: int) -> float:
    """A month of Temporal Cloud, Business plan, without the allowance that the plan includes."""
    left, cost = count * FAIRNESS / 1e6, 0.0
    for size, price in ACTION_TIERS:
        cost += min(left, size) * price
        left -= min(left, size)
    cost += left * ACTION_TIERS[-1][1]
    cost += tenants * SIGNUPS * HISTORY_BYTES / 1e9 * MONTH_HOURS * RETAINED_GB_HOUR
    return cost + max(SUPPORT, cost / 10)


def database_dollars(tenants: int) -> float:
    """After a year: a standby in another zone doubles both."""
    gb = database_gb(tenants, 12)
    vcpus = 4 * ceil(gb / 1_000 / RDS_TB_PER_4_VCPU)
    return ZONES * (vcpus * RDS_VCPU_HOUR * MONTH_HOURS + gb * RDS_GB_MONTH)


def compute_dollars(tenants: int, engines: int) -> float:
    wanted = sum(processors(tenants).values()) / BUSY
    return max(wanted, engines * ENGINE_VCPU) * EC2_VCPU_HOUR * MONTH_HOURS


def accounts(tenants: int) -> int:
    return ceil(tenants / TENANTS_PER_ACCOUNT)
