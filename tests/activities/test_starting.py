"""Runs that are started for many tenants: what is one tenant's trouble, and what is everybody's."""

import pytest
from temporalio.service import RPCError, RPCStatusCode

from activities.starting import on_its_own, temporal_away
from domain.errors import Unavailable


async def refuse(status: RPCStatusCode) -> bool:
    raise RPCError("no", status, b"")


@pytest.mark.parametrize("status", [RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.PERMISSION_DENIED])
async def test_a_refusal_is_one_tenants(status: RPCStatusCode) -> None:
    """Temporal answers and refuses: to ask the same again would hold up the next tenant for ever."""
    assert await on_its_own("t1", refuse(status)) is None


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED])
async def test_no_answer_is_everybodys(status: RPCStatusCode) -> None:
    """Temporal is away: the page is tried again, and nobody is passed over."""
    with pytest.raises(Unavailable):
        await on_its_own("t1", refuse(status))


async def test_what_breaks_is_one_tenants() -> None:
    """A row that cannot be read is passed over; what went well is answered."""

    async def broken() -> bool:
        raise ValueError("not a document")

    async def well() -> bool:
        return True

    assert await on_its_own("t1", broken()) is None
    assert await on_its_own("t2", well()) is True


def test_other_refusals_are_kept() -> None:
    """Whoever asks for one tenant learns what Temporal refused."""
    with pytest.raises(RPCError), temporal_away():
        raise RPCError("no search attribute", RPCStatusCode.INVALID_ARGUMENT, b"")
