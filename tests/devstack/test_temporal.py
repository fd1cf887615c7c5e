"""The Temporal dev server."""

import asyncio
from pathlib import Path
from urllib.request import urlopen

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

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
