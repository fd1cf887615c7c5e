"""The chain of the audit log, as whoever has its rows verifies it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.audit.chain import GENESIS, Broken, Checkpoint, Entry, Verifier, digest
from domain.audit.origin import ActorKind

Row = dict[str, Any]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
VALUE = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
STATE = st.none() | st.dictionaries(st.sampled_from(["phase", "users", "target"]), VALUE, max_size=2)
ENTRY = st.builds(
    Entry,
    seq=st.just(0),
    at=st.datetimes(timezones=st.just(UTC)),
    actor=TEXT,
    actor_kind=st.sampled_from(ActorKind),
    roles=st.lists(TEXT, max_size=2),
    action=TEXT,
    object_kind=TEXT,
    object_id=TEXT,
    tenant_id=st.none() | TEXT,
    customer_id=st.none() | TEXT,
    reason=TEXT,
    request_id=TEXT,
    before=STATE,
    after=STATE,
    previous=st.just(""),
)
LOG = st.lists(ENTRY, min_size=3, max_size=5)
some = settings(max_examples=40)
OTHER_VALUE: dict[str, Any] = {
    "seq": 10**6,
    "at": datetime(1999, 12, 31, tzinfo=UTC).isoformat(timespec="microseconds"),
    "actor_kind": "nobody",
    "roles": ["another role"],
    "before": {"another": "state"},
    "after": {"another": "state"},
}


def chained(entries: list[Entry]) -> list[Row]:
    """The entries as rows of a log, as they go over the wire."""
    rows: list[Row] = []
    previous = GENESIS
    for seq, entry in enumerate(entries, 1):
        sealed = entry.model_copy(update={"seq": seq, "previous": previous}).sealed()
        previous = sealed.hash
        rows.append(json.loads(sealed.model_dump_json()))
    return rows


def first_bad(rows: list[Row], *anchors: Checkpoint) -> int | None:
    """The row at which the verification stops; none if it finds nothing."""
    verifier = Verifier(anchors)
    try:
        for row in rows:
            verifier.take(row)
        verifier.end()
    except Broken as broken:
        return broken.seq
    return None


def checkpoint(row: Row) -> Checkpoint:
    return Checkpoint(row["seq"], row["hash"])


@some
@given(entries=LOG)
def test_what_was_written_is_right(entries: list[Entry]) -> None:
    """Whatever the rows hold, an untouched log is right by itself and by any of its own checkpoints."""
    rows = chained(entries)
    assert first_bad(rows, *map(checkpoint, rows)) is None


@some
@given(entries=LOG, data=st.data())
def test_a_change_of_any_column_is_found(entries: list[Entry], data: st.DataObject) -> None:
    """One other value in one column of one row: the verification stops there."""
    rows = chained(entries)
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(sorted(Entry.model_fields)))
    rows[place] |= {column: OTHER_VALUE.get(column, f"{rows[place][column]}!")}
    assert first_bad(rows) == place + 1


@some
@given(entries=LOG, data=st.data())
def test_a_missing_a_moved_and_an_added_row_are_found(entries: list[Entry], data: st.DataObject) -> None:
    """In the middle of the log, each is found where it begins, also if numbers were given anew."""
    rows = chained(entries)
    place = data.draw(st.integers(0, len(rows) - 2))
    without = [*rows[:place], *rows[place + 1 :]]
    swapped = [*rows[:place], rows[place + 1], rows[place], *rows[place + 2 :]]
    twice = [*rows[: place + 1], rows[place], *rows[place + 1 :]]
    assert first_bad(without) == first_bad(swapped) == place + 1
    assert first_bad(twice) == place + 2
    for tampered in (without, swapped, twice):
        renumbered = [row | {"seq": seq} for seq, row in enumerate(tampered, 1)]
        assert first_bad(renumbered) in {place + 1, place + 2}


@some
@given(entries=LOG, data=st.data())
def test_a_cut_and_a_rewritten_log_are_found_by_a_checkpoint(
    entries: list[Entry], data: st.DataObject
) -> None:
    """A chain alone vouches for neither: a checkpoint noted before finds both."""
    rows = chained(entries)
    place = data.draw(st.integers(1, len(rows) - 1))
    cut = rows[:place]
    assert first_bad(cut) is None
    assert first_bad(cut, checkpoint(rows[-1])) == place + 1
    other = entries[place].model_copy(update={"actor": entries[place].actor + "!"})
    rewritten = chained([*entries[:place], other, *entries[place + 1 :]])
    assert first_bad(rewritten) is None
    assert first_bad(rewritten, checkpoint(rows[-1])) == len(rows)


def test_a_row_is_hashed_as_documented() -> None:
    """SHA-256 of the canonical JSON of all fields but the hash: this one was reckoned by other tools."""
    row = {"seq": 1, "reason": "für €5", "before": None, "after": {"users": 50, "plan": "team"}, "hash": "x"}
    assert digest(row) == "8ca0119c605dc4800f0a9fa6ba5a4c90f306de414476e3589bde6159e2463e5d"


def test_floats_are_refused() -> None:
    """A float may come back from the database as another text: a writer is told at once."""
    with pytest.raises(TypeError, match="floats"):
        digest({"after": {"amounts": [1, 2.5]}})


@pytest.mark.parametrize("text", ["", "7", "7:abc", f"x:{GENESIS}", f"-1:{GENESIS}", f"1:{GENESIS}0"])
def test_a_wrong_checkpoint_is_named(text: str) -> None:
    """What is no checkpoint is refused; what `str` made of one reads back."""
    with pytest.raises(ValueError, match="checkpoint"):
        Checkpoint.parse(text)
    assert Checkpoint.parse(str(Checkpoint(7, GENESIS))) == Checkpoint(7, GENESIS)
