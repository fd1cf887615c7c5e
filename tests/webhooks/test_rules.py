"""Where webhooks may go, when they are tried again, and what their secrets are made of."""

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhooks.addresses import reachable, url_problem
from domain.webhooks.retries import ATTEMPTS, DISABLED_AFTER, RETRIES, next_try, rest_until
from runtime.signing_keys import SigningKeys, UnknownSigningKey, WrongSigningKeys, read_signing_keys

NOW = datetime(2026, 4, 1, tzinfo=UTC)
INSIDE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.170.23", "0.0.0.0"),
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:db8::1"),
)
OUTSIDE = (
    "93.184.216.34",
    "2606:2800:220:1:248:1893:25c8:1946",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
)


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_is_reachable(address: str) -> None:
    """Private, link-local, loopback, multicast and unassigned addresses, however they are written."""
    assert not reachable(ip_address(address), loopback=False)


def test_everything_outside_is_reachable() -> None:
    """Public addresses, also inside of IPv6 ones."""
    assert all(reachable(ip_address(address), loopback=False) for address in OUTSIDE)


def test_for_development_this_machine_is_reachable() -> None:
    """By a setting, and no more of the network than that."""
    allowed = {one for one in INSIDE if reachable(ip_address(one), loopback=True)}
    assert allowed == {"127.0.0.1", "::1", "::ffff:127.0.0.1", "2002:7f00:1::"}


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://example.com/hooks?a=b", None),
        ("https://example.com:8443", None),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]/", None),
        ("http://example.com/", "must begin with https://"),
        ("http://127.0.0.1:9000/", "must begin with https://"),
        ("https://localhost/", "must lead to a public address"),
        ("https://169.254.169.254/", "must lead to a public address"),
        ("https://[::1]/", "must lead to a public address"),
        ("https://us:secret@example.com/", "must hold no user and password"),
        ("https://example.com/#top", "must have no part after '#'"),
        ("ftp://example.com/", "must be a whole address"),
        ("//example.com/", "must be a whole address"),
        ("https://", "must be a whole address"),
        ("https://[nonsense]/", "is not a URL"),
        ("https://example.com:99999/", "is not a URL"),
        ("https://example.com/ä", "visible ASCII"),
        ("https://example.com/a\nb", "visible ASCII"),
        ("https://example.com/" + "a" * 1000, "at most 1000"),
    ],
)
def test_addresses_of_endpoints(url: str, problem: str | None) -> None:
    """What is wrong is said; nothing is looked up."""
    said = url_problem(url, loopback=False)
    assert said is None if problem is None else problem in str(said)


@given(st.text())
def test_any_text_as_an_address(text: str) -> None:
    """It is taken or refused, with or without https before it."""
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        assert url_problem(url, loopback=False) != ""


def test_this_machine_by_a_setting() -> None:
    """Also without TLS; other places still need it."""
    assert url_problem("http://127.0.0.1:9000/a", loopback=True) is None
    assert url_problem("http://localhost:9000/a", loopback=True) is None
    assert url_problem("http://example.com/", loopback=True)


def test_attempts_spread_over_three_days() -> None:
    """Each waits longer than the one before, and the last one comes when an endpoint is given up, too."""
    waits = [next_try(attempt, NOW) for attempt in range(1, ATTEMPTS + 1)]
    assert [one - NOW for one in waits[:-1] if one] == sorted(RETRIES)
    assert waits[-1] is None
    assert timedelta(days=3) <= DISABLED_AFTER < sum(RETRIES, timedelta()) < timedelta(days=4)


def test_an_endpoint_that_fails_on_and_on_rests() -> None:
    """Not for one failure or two; then half as long as it has failed, five minutes at most."""
    assert rest_until(2, NOW, NOW + timedelta(hours=1), None) is None
    assert rest_until(3, NOW, NOW, None) == NOW + timedelta(seconds=5)
    later = NOW + timedelta(minutes=2)
    assert rest_until(3, NOW, later, None) == later + timedelta(minutes=1)
    assert rest_until(3, NOW, NOW + timedelta(days=1), None) == NOW + timedelta(days=1, minutes=5)
    assert rest_until(1, NOW, NOW, timedelta(days=400)) == NOW + timedelta(hours=1)


def keys(folder: Path, *lines: str) -> SigningKeys:
    file = folder / "keys"
    file.write_text("\n".join(lines))
    return read_signing_keys(file)


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


def test_secrets_follow_from_the_key(tmp_path: Path) -> None:
    """The same again for the same endpoint and generation, another for any other; nothing shows the key."""
    made = keys(tmp_path, key("a"))
    secrets = [made.secret(made.newest, *of) for of in (("wh1", 1), ("wh1", 2), ("wh2", 1), ("wh1 1", 1))]
    assert len(set(secrets)) == 4
    assert keys(tmp_path, key("a")).secret(made.newest, "wh1", 1) == secrets[0]
    assert all(len(base64.b64decode(one.removeprefix("whsec_"))) == 32 for one in secrets)
    assert "aaa" not in repr(made)


def test_a_new_key_goes_before_the_old_ones(tmp_path: Path) -> None:
    """Secrets of old keys stay as long as those do; without its key a secret cannot be made."""
    old = keys(tmp_path, key("a"))
    both = keys(tmp_path, key("b"), key("a"))
    assert both.newest != old.newest
    assert both.secret(old.newest, "wh1", 1) == old.secret(old.newest, "wh1", 1)
    with pytest.raises(UnknownSigningKey):
        keys(tmp_path, key("b")).secret(old.newest, "wh1", 1)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "holds no key"),
        (["c2hvcnQ="], "key 1 must have 32 bytes at least, not 5"),
        ([key("a"), "no base64!"], "key 2 is not base64"),
        (["ä" * 50], "is not base64"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, lines: list[str], said: str) -> None:
    """What is wrong is said without a word of what stands there."""
    with pytest.raises(WrongSigningKeys, match=said) as raised:
        keys(tmp_path, *lines)
    assert "c2hvcnQ" not in str(raised.value)
    with pytest.raises(WrongSigningKeys, match="cannot be read"):
        read_signing_keys(tmp_path / "none")
