"""A month of one tenant: its instance reports what it does, time passes, the invoice comes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from rich.console import Console

from cli.billing.closing import until_ended
from cli.billing.shown import print_document
from cli.connection import ROOT
from cli.demo.life import DemoFailedError, Life
from client import Client
from devstack.stack import Stack
from domain.billing.document import InvoiceDocument
from domain.billing.words import instant_text
from domain.naming import resource_name

Json = dict[str, Any]

MONTH_AND_GRACE = timedelta(days=32)
ACTIVE_USERS, PROTECTED = 620, {"servers": 480, "databases": 60}


def bill(stack: Stack, console: Console, life: Life, region: str, folder: Path) -> None:
    """Prints the invoice of a tenant's first month, and writes it to `folder` as PDF."""
    sent = _report_usage(stack, life, region)
    console.print(f"{life.slug}'s instance has reported {sent} events by its own usage token")
    client = Client(stack.engine.url, stack.api_key)
    console.print("a month passes, and its periods are closed")
    _close(client, datetime.now(UTC) + MONTH_AND_GRACE)
    final = [one for one in client.tenant_invoices(life.slug) if one["status"] == "final"]
    if not final:
        raise DemoFailedError(f"{life.slug} has no invoice after a month")
    newest = InvoiceDocument.model_validate(client.invoice(final[0]["id"]))
    if not any(line.key.startswith("monthly_active_users/") for line in newest.lines):
        raise DemoFailedError(f"invoice {newest.number} has no line for what {life.slug} reported")
    print_document(console, newest)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{newest.number}.pdf"
    file.write_bytes(client.invoice_pdf(final[0]["id"]))
    console.print(f"written as PDF: {file.relative_to(ROOT)}", soft_wrap=True)


def _report_usage(stack: Stack, life: Life, region: str) -> int:
    """As the instance in the tenant's namespace does; the token comes from where its own copy does."""
    environment = stack.environment
    secrets = boto3.client(
        "secretsmanager",
        region,
        endpoint_url=environment["TENANTRY_AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    name = resource_name("tenantry", life.tenant_id, "usage-token")
    token = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])["token"]
    events = list(_events())
    with Client(stack.engine.url, token) as instance:
        taken = instance.send_usage(events)
    if taken["inserted"] != len(events):
        raise DemoFailedError(f"the usage of {life.slug} was not taken: {taken}")
    return len(events)


def _events() -> Iterator[Json]:
    """Who was there, and how many things are protected."""
    for number in range(ACTIVE_USERS):
        yield _event("com.goteleport.user.active", {"user": f"user-{number}@example.com"})
    for kind, count in PROTECTED.items():
        yield _event("com.goteleport.resources.counted", {"kind": kind, "count": count})


def _event(kind: str, data: Json) -> Json:
    return {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "auth-0",
        "type": kind,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }


def _close(client: Client, as_of: datetime) -> None:
    closing = client.close_periods({"as_of": instant_text(as_of)})
    view = until_ended(client, closing["id"], quiet=True)
    if view["state"] != "done" or not view["result"] or view["result"]["failed"]:
        raise DemoFailedError(f"periods could not be closed: {view}")
