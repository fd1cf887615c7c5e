"""The stand-in answers every recorded request as the real kube-apiserver did."""

from typing import Any

import pytest

from tests.devstack.kubernetes_replay import RECORDED, comparable, recorded, replayed


def _name(exchange: dict[str, Any]) -> str:
    path = f" {exchange['request']['path']}" if exchange["scenario"] == "discovery" else ""
    return f"{exchange['scenario']}: {exchange['note']}{path}"


def test_recording_is_whole() -> None:
    """The recording holds the 79 exchanges that were made, each under a name of its own."""
    assert len(RECORDED) == 79
    assert len({_name(exchange) for exchange in RECORDED}) == 79


@pytest.mark.parametrize("index", range(len(RECORDED)), ids=[_name(exchange) for exchange in RECORDED])
def test_exchange(index: int) -> None:
    """Status, body (or events) and warning are the real server's, but for identities, versions, times."""
    found, wanted = replayed()[index], recorded(RECORDED[index])
    assert found.status == wanted.status
    assert comparable(found.body) == comparable(wanted.body)
    assert comparable(found.events) == comparable(wanted.events)
    assert found.warning == wanted.warning
