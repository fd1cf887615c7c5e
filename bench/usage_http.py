"""Usage sent to a real API process by tenants with real tokens, some at once."""

import http.client
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

from sqlalchemy import Engine

from activities.records import Records
from bench.usage_events import BATCH, Batch
from catalog import load_catalog
from devstack.processes import Process, free_port, spawn
from domain.bearer import digest
from domain.messages import BeginInput, OperationRequest, StepCall
from domain.metering.usage_token import mint
from domain.naming import new_operation_id, new_tenant_id
from domain.phases import OperationKind
from domain.plans import Target
from runtime.clock import SystemClock
from runtime.settings import ROOT, Settings
from store.catalog_sync import sync
from store.customers import create_customer
from store.usage_tokens import KnownToken, UsageTokens

START_TIMEOUT = 60
SENDERS = 4
"""Connections that send at once."""
HEADERS = {"Content-Type": "application/cloudevents-batch+json"}


class Door:
    """An API of a process for each core, without Temporal, which usage does not need."""

    def __init__(self, process: Process, port: int) -> None:
        self.pid = process.pid
        self.port = port

    def send_all(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Bodies with their tokens, by all senders."""
        shares = [bodies[number::SENDERS] for number in range(SENDERS)]
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(self._send, shares))

    def _send(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for token, body in bodies:
            headers = {**HEADERS, "Authorization": f"Bearer {token}"}
            connection.request("POST", "/v1/usage", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != http.client.OK or json.loads(text)["inserted"] != BATCH:
                raise RuntimeError(f"{answer.status}: {text[:300]!r}")
        connection.close()


@contextmanager
def open_door(home: Path, database_url: str) -> Iterator[Door]:
    port = free_port()
    place = {
        "TENANTRY_DATABASE_URL": database_url,
        "TENANTRY_API_HOST": "127.0.0.1",
        "TENANTRY_API_PORT": str(port),
        "TENANTRY_API_PROCESSES": str(os.cpu_count() or 1),
    }
    process = spawn(
        "API", [sys.executable, "-m", "api"], log=home / "api.log", env={**os.environ, **place}, cwd=ROOT
    )
    try:
        process.wait_until(lambda: _answers(port), START_TIMEOUT)
        yield Door(process, port)
    finally:
        process.stop()


def _answers(port: int) -> bool:
    with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
        return bool(answer.status == http.client.OK)
    return False


def enrol(engine: Engine, count: int) -> dict[str, str]:
    """Tenants in the middle of their sign-up, with the tokens by which their usage is taken."""
    settings, clock = Settings(), SystemClock()
    catalog = load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
    sync(engine, catalog.plans.values(), catalog.cells.values())
    records = Records(engine, catalog, settings.install, clock)
    tokens = UsageTokens(engine, clock)
    customer = create_customer(engine, f"c{uuid4().hex[:12]}", "Bench", clock.now()).id
    found: dict[str, str] = {}
    for _ in range(count):
        tenant_id = new_tenant_id()
        request = OperationRequest(
            operation_id=new_operation_id(),
            kind=OperationKind.SIGNUP,
            tenant_id=tenant_id,
            slug=f"b-{tenant_id}",
            requested_by="bench",
            customer_id=customer,
            region="us-east-1",
            target=Target(plan="echo", users=1),
        )
        plan = records.begin(BeginInput(request=request, run_id="bench"))
        found[tenant_id] = mint(tenant_id)
        call = StepCall(tenant=plan.tenant, operation_id=request.operation_id, step="usage-token")
        tokens.record(call, KnownToken("usage-token", "1", digest(found[tenant_id])))
    return found


def under_tokens(made: Sequence[Batch], tokens: dict[str, str]) -> list[tuple[str, bytes]]:
    """The same events as bodies of the enrolled tenants, in turn."""
    by_tenant = dict(zip(dict.fromkeys(tenant for tenant, _ in made), tokens.values(), strict=True))
    return [(by_tenant[tenant], json.dumps(events).encode()) for tenant, events in made]
