"""The Temporal dev server."""

import asyncio
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from devstack.processes import free_port
from devstack.temporal import NAMESPACE, SEARCH_ATTRIBUTES, Temporal

TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Bool": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
}


async def test_it_serves_with_search_attributes_and_ui(tmp_path: Path) -> None:
    """Once started, a client finds every search attribute with its type, the UI and the metrics answer."""
    temporal = Temporal(tmp_path / "temporal")
    temporal.start()
    try:
        client = await Client.connect(temporal.address)
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=NAMESPACE)
        )
        registered = {name: known.custom_attributes[name] for name in SEARCH_ATTRIBUTES}
        assert registered == {name: TYPES[kind] for name, kind in SEARCH_ATTRIBUTES.items()}
        for url in (temporal.ui_url, temporal.metrics_url):
            answer = await asyncio.to_thread(urlopen, url)
            assert answer.status == 200
    finally:
        temporal.stop()
    assert not temporal.process.running


def test_a_port_that_another_program_took_first_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another stack may bind between the look for a free port and the bind: then it is another port."""
    temporal = Temporal(tmp_path / "temporal")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = [free_port(), free_port(), free_port(), taken]
        # No program can be made to bind between the two lines.
        monkeypatch.setattr(
            "devstack.temporal.free_port", lambda _=None: ports.pop(0) if ports else free_port()
        )
        temporal.start()
        try:
            assert not temporal.ui_url.endswith(f":{taken}")
        finally:
            temporal.stop()
