"""Stripe, as localstripe plays it, in a process of its own."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from pydantic import SecretStr

from devstack.processes import Process, accepts_connections, free_port, on_free_ports, spawn

SERVER = Path(__file__).with_name("stripe_server.py")
KEY = SecretStr("sk_test_nobodys")


@dataclass(frozen=True)
class LocalStripe:
    url: str

    def wire(self, **asked: Any) -> None:
        """`forget` idempotency keys, `index` customers for search, `lose` the n-th answer, `refuse` calls."""
        httpx.put(f"{self.url}/_config/wire", json=asked).raise_for_status()

    def posts(self) -> int:
        """Since the wire was last changed."""
        return int(httpx.get(f"{self.url}/_config/wire").json()["posts"])

    def bodies(self) -> list[tuple[str, str]]:
        """Path and body of each POST that had an effect."""
        return [(path, body) for path, body in httpx.get(f"{self.url}/_config/wire").json()["bodies"]]

    def invoices(self, id: str) -> list[stripe.Invoice]:  # noqa: A002
        """Those that bear our invoice's id; with every customer's there is but one page."""
        api = stripe.StripeClient(KEY.get_secret_value(), base_addresses={"api": self.url}).v1
        found = api.invoices.list({"limit": 10_000}).data
        return [one for one in found if getattr(one.metadata, "tenantry_invoice", None) == id]

    def add_line(self, draft: stripe.Invoice, amount: int) -> None:
        """As a person would, by hand."""
        api = stripe.StripeClient(KEY.get_secret_value(), base_addresses={"api": self.url}).v1
        api.invoice_items.create(
            {
                "customer": str(draft.customer),
                "invoice": draft.id,
                "amount": amount,
                "currency": draft.currency,
                "period": {"start": 1_700_000_000, "end": 1_700_000_001},
            }
        )

    def customers(self, id: str) -> list[stripe.Customer]:  # noqa: A002
        api = stripe.StripeClient(KEY.get_secret_value(), base_addresses={"api": self.url}).v1
        found = api.customers.list({"limit": 10_000}).data
        return [one for one in found if getattr(one.metadata, "tenantry_customer", None) == id]


@pytest.fixture(scope="session")
def stripe_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStripe]:
    ports: list[int] = []
    processes: list[Process] = []
    log = tmp_path_factory.mktemp("stripe") / "log"

    def start() -> None:
        ports.append(free_port())
        processes.append(spawn("stripe", [sys.executable, SERVER, str(ports[-1])], log=log))
        processes[-1].wait_until(lambda: accepts_connections(ports[-1]), 30)

    on_free_ports(start)
    yield LocalStripe(f"http://127.0.0.1:{ports[-1]}")
    processes[-1].stop()


@pytest.fixture
def local_stripe(stripe_server: LocalStripe) -> LocalStripe:
    """With nothing taken away."""
    stripe_server.wire()
    return stripe_server
