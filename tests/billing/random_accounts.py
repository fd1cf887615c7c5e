"""Made-up tenants: any zone, any changes that can follow each other, events late and early."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from domain.billing.account import Account, Change, Discount, OneOff, Segment, State, segments_of
from domain.billing.events import UsageEvent
from domain.billing.money import Currency
from domain.billing.periods import PeriodKind
from domain.billing.prices import PriceVersion
from domain.billing.simulation import Scenario

ZONES = sorted(available_timezones())
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LENGTH = 100 * DAY
GRACE = timedelta(hours=12)
EARLIEST = datetime(2023, 1, 1, tzinfo=UTC)

TIERS = (
    {"up_to": 3, "flat": "5", "unit": "0.335"},
    {"up_to": 20, "unit": "0.1"},
    {"up_to": None, "flat": "1.005", "unit": "0.05"},
)
MODELS = (
    {"model": "unit", "unit": "0.335"},
    {"model": "package", "size": 7, "price": "1.995"},
    {"model": "graduated", "tiers": TIERS},
    {"model": "volume", "tiers": TIERS},
)
AGGREGATES = ("sum", "count", "max", "last", "unique", "weighted")
NEXT = {
    State.ACTIVE: (None, State.SUSPENDED, State.ENDED),
    State.SUSPENDED: (None, State.ACTIVE, State.ENDED),
    State.ENDED: (State.ACTIVE,),
}

amounts = st.decimals(0, 400, places=2)
moments = st.integers(0, LENGTH // SECOND).map(lambda seconds: seconds * SECOND)
days = st.integers(0, LENGTH // DAY).map(lambda number: number * DAY)
offsets = st.one_of(moments, days)
meters = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.builds(
        lambda aggregate, model, included: {"aggregate": aggregate, "included": included, **model},
        st.sampled_from(AGGREGATES),
        st.sampled_from(MODELS),
        st.sampled_from(["0", "2"]),
    ),
)
kinds = st.sampled_from([PeriodKind.MONTHLY, PeriodKind.MONTHLY, PeriodKind.WEEKLY, PeriodKind.QUARTERLY])


@st.composite
def prices(draw: st.DrawFn, plan: str) -> PriceVersion:
    return PriceVersion.model_validate(
        {
            "plan": plan,
            "period": draw(kinds),
            "fee": {"amount": draw(amounts), "charge": draw(st.sampled_from(["advance", "arrears"]))},
            "suspended_factor": draw(st.sampled_from(["0", "0.5", "1"])),
            "minimum": draw(st.sampled_from(["0", "0", "120"])),
            "meters": draw(meters),
        }
    )


@st.composite
def changes(draw: st.DrawFn, start: datetime, plans: list[PriceVersion], *, ends: bool) -> list[Change]:
    state = State.ACTIVE
    found = []
    for offset in sorted(draw(st.lists(offsets, max_size=6))):
        new = draw(st.sampled_from(NEXT[state]))
        price = draw(st.sampled_from([None, *plans])) if new is not State.ENDED else None
        quantity = draw(st.sampled_from([None, 0, 1, 3])) if new is not State.ENDED else None
        found.append(Change(start + offset, price, quantity, new))
        state = new or state
    if ends and state is not State.ENDED:
        found.append(Change(start + LENGTH, state=State.ENDED))
    return found


@st.composite
def accounts(draw: st.DrawFn, *, ends: bool = False) -> Account:
    start = EARLIEST + draw(st.integers(0, 800 * 86_400)) * SECOND
    plans = [draw(prices(plan)) for plan in ("one", "two", "three")]
    hand = draw(st.lists(st.tuples(offsets, amounts, st.booleans()), max_size=3))
    off = draw(st.lists(st.tuples(offsets, offsets, st.integers(0, 100)), max_size=2))
    return Account(
        start=start,
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        currency=draw(st.sampled_from([Currency("EUR", 2, "€"), Currency("JPY", 0, "¥")])),
        first_price=plans[0],
        segments=segments_of(Segment(start, None, plans[0]), draw(changes(start, plans, ends=ends))),
        one_offs=tuple(
            OneOff(f"hand.{number}", start + at, amount, "r", is_credit)
            for number, (at, amount, is_credit) in enumerate(hand)
        ),
        discounts=tuple(
            Discount(start + min(edges), start + max(edges) + SECOND, Decimal(percent))
            for *edges, percent in off
        ),
    )


@st.composite
def streams(draw: st.DrawFn, start: datetime) -> tuple[UsageEvent, ...]:
    delays = st.integers(0, 34 * 86_400).map(lambda seconds: seconds * SECOND)
    rows = st.tuples(offsets, st.sampled_from("ab"), st.integers(-3, 30), st.sampled_from("xyz"), delays)
    return tuple(
        UsageEvent(f"e{number}", "", meter, start + at, start + at + delay, Decimal(value), key)
        for number, (at, meter, value, key, delay) in enumerate(draw(st.lists(rows, max_size=20)))
    )


@st.composite
def scenarios(draw: st.DrawFn, *, ends: bool = False) -> Scenario:
    account = draw(accounts(ends=ends))
    events = draw(streams(account.start))
    return Scenario(account, events, account.start + LENGTH + 40 * DAY, GRACE)
