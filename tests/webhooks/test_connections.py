"""Connections: to public addresses, by the name in the endpoint's address, and nowhere else."""

import ssl
from pathlib import Path

import pytest

from tests.devstack.tls import certificates
from tests.webhooks.receiver import Answer, received
from tests.webhooks.site import Site

NO_NAME = "a" * 64 + ".example"
"""Too long for a label: it is refused here, and no name server is asked."""


async def test_redirects_are_not_followed(site: Site) -> None:
    """They could lead anywhere: one is a failure like any other."""
    hook = site.hook("/redirects")
    site.receiver.answers["/redirects"] = Answer(307, {"Location": site.receiver.url("/elsewhere")})
    site.happen()
    async with site.courier():
        assert (await site.tried(hook)).delivery.problem == "answered 307"
    assert site.receiver.calls("/elsewhere") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433"])
async def test_our_own_network_is_out_of_reach(site: Site, host: str) -> None:
    """A name is looked at when a connection is made: what it said at registration protects nobody."""
    url = site.receiver.url("/inside").replace("127.0.0.1", host)
    hook = site.hook("/inside", url=url)
    site.happen()
    async with site.courier(loopback=False):
        assert (await site.tried(hook)).delivery.problem == "its name leads to no public address"
    assert site.receiver.calls("/inside") == []


async def test_nobody_there_is_said(site: Site) -> None:
    """A port that nobody serves and a name that nobody can have are failures with their reasons."""
    refused, unknown = site.hook("", url="http://127.0.0.1:9/"), site.hook("", url=f"https://{NO_NAME}/")
    site.happen()
    async with site.courier():
        assert "ConnectError" in (await site.tried(refused)).delivery.problem
        assert "its name is not found" in (await site.tried(unknown)).delivery.problem


async def test_only_who_can_prove_its_name_is_told(site: Site, tmp_path: Path) -> None:
    """A certificate of a trusted authority for that very name; not of another authority, nor for another name
    that leads to the same address."""
    certificates(tmp_path)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    with received(server) as receiver:
        stranger = site.hook("", url=receiver.url("/stranger"))
        site.happen()
        async with site.courier():
            assert "certificate verify failed" in (await site.tried(stranger)).delivery.problem
        trusted = site.hook("", url=receiver.url("/trusted"))
        misnamed = site.hook("", url=receiver.url("/misnamed").replace("127.0.0.1", "localhost"))
        site.happen()
        async with site.courier(tls=trusting):
            await site.settled(trusted)
            assert "Hostname mismatch" in (await site.tried(misnamed)).delivery.problem
        assert receiver.calls("/misnamed") == receiver.calls("/stranger")[1:] == []
        assert len(receiver.calls("/trusted")) == 1
