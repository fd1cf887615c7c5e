"""Where webhooks may be sent to: never into our own network."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

URL_LIMIT = 1000
_NAT64 = ip_network("64:ff9b::/96")
_LOOPBACK_NAMES = frozenset({"localhost"})

Address = IPv4Address | IPv6Address


def url_problem(url: str, *, loopback: bool) -> str | None:
    """What is wrong with an endpoint's address, in words; None if nothing is.

    Only what the text says: where a name leads is looked at each time that a connection is made.
    """
    if len(url) > URL_LIMIT or not url.isascii() or not url.isprintable() or " " in url:
        return f"must have at most {URL_LIMIT} visible ASCII characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if not host or parts.scheme not in {"http", "https"}:
        return "must be a whole address, as https://example.com/hooks"
    return _form_problem(parts) or _target_problem(parts.scheme, host, loopback=loopback)


def _form_problem(parts: SplitResult) -> str | None:
    if parts.username is not None or parts.password is not None:
        return "must hold no user and password: the signature says who sends"
    if parts.fragment:
        return "must have no part after '#': it is not sent"
    return None


def _target_problem(scheme: str, host: str, *, loopback: bool) -> str | None:
    address = _literal(host)
    local = host.lower() in _LOOPBACK_NAMES or (address is not None and address.is_loopback)
    if local and loopback:
        return None
    if scheme != "https":
        return "must begin with https://"
    if local or (address is not None and not reachable(address, loopback=loopback)):
        return "must lead to a public address"
    return None


def reachable(address: Address, *, loopback: bool) -> bool:
    """Whether webhooks may be sent there: to public addresses, and to this machine where that is allowed."""
    inner = _embedded(address)
    if inner is not None:
        return reachable(inner, loopback=loopback)
    if address.is_loopback:
        return loopback
    return address.is_global and not address.is_multicast


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
