"""A database of these tests' own, keys, and a receiver for all of them."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.signing_keys import SigningKeys, read_signing_keys
from tests.store.conftest import catalog, engine, world  # noqa: F401 - fixtures
from tests.store.world import World
from tests.webhooks.receiver import Receiver, received
from tests.webhooks.site import Site


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "webhooks"
    file.write_bytes(base64.b64encode(b"k" * 32))
    return file


@pytest.fixture(scope="session")
def keys(keys_file: Path) -> SigningKeys:
    return read_signing_keys(keys_file)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with received() as receiver:
        yield receiver


@pytest.fixture
def site(world: World, keys: SigningKeys, receiver: Receiver) -> Site:  # noqa: F811 - the fixture
    return Site(world, keys, receiver)
