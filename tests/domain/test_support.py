"""Support access: who agrees, and how long what is handed out may live."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import Caller, Role
from domain.support import (
    LONGEST_SECONDS,
    LONGEST_TOKEN,
    SESSION,
    SHORTEST_TOKEN,
    approval_problem,
    may_revoke,
    session_fits,
    token_life,
)

SAM = "key:sam"
CUSTOMER = Caller("key:acme", frozenset({Role.CUSTOMER}), "acme")
OPERATOR = Caller("key:olga", frozenset({Role.OPERATOR}))


@given(seconds=st.integers(min_value=0, max_value=LONGEST_SECONDS))
def test_no_token_outlives_its_access(seconds: int) -> None:
    """It ends with the access or before, and what is then left is nothing, or enough for another one."""
    left = timedelta(seconds=seconds)
    life = token_life(left)
    if life is None:
        assert left < SHORTEST_TOKEN
        return
    assert SHORTEST_TOKEN <= life <= left
    assert life <= LONGEST_TOKEN + SHORTEST_TOKEN
    rest = left - life
    assert not rest or rest >= SHORTEST_TOKEN


@given(seconds=st.integers(min_value=0, max_value=LONGEST_SECONDS))
def test_no_session_in_aws_outlives_its_access(seconds: int) -> None:
    """Each lives for the 900 seconds that are the least in AWS; where that is too long there is none."""
    assert session_fits(timedelta(seconds=seconds)) == (seconds >= 900)
    assert SESSION.total_seconds() == 900


@pytest.mark.parametrize(
    ("approval", "approver", "may"),
    [
        ("second_person", OPERATOR, True),
        ("second_person", CUSTOMER, False),
        ("customer", OPERATOR, False),
        ("customer", CUSTOMER, True),
        ("second_person", Caller(SAM, frozenset({Role.ADMIN})), False),
        ("customer", Caller(SAM, frozenset({Role.CUSTOMER}), "acme"), False),
    ],
)
def test_who_agrees(approval: str, approver: Caller, *, may: bool) -> None:
    """As it is set, and never whoever asked."""
    assert (approval_problem(approval, SAM, approver) is None) == may


def test_who_revokes() -> None:
    """Whoever asked, the customer, operators; not others of support."""
    support = frozenset({Role.SUPPORT})
    assert may_revoke(SAM, Caller(SAM, support))
    assert may_revoke(SAM, CUSTOMER)
    assert may_revoke(SAM, OPERATOR)
    assert not may_revoke(SAM, Caller("key:another", support))
