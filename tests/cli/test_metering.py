"""Usage from the tenant's own token to a chart in a terminal, on real servers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import boto3
import httpx

from cli.connection import ROOT
from devstack.engine import Engine
from tests.cli.conftest import Tenantry

FORM = str(ROOT / "examples" / "signups" / "1-alder.yaml")


def token_of(tenant: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """As the External Secrets Operator reads it."""
    client = boto3.client(
        "secretsmanager",
        region_name=tenant["region"],
        endpoint_url=environment["TENANTRY_AWS_ENDPOINT_URL"],
        aws_access_key_id="external-secrets",
        aws_secret_access_key="external-secrets",
    )
    name = f"cli-{tenant['id']}-usage-token"
    return str(json.loads(client.get_secret_value(SecretId=name)["SecretString"])["token"])


def test_usage_from_the_token_to_the_chart(
    tenantry: Tenantry, engine: Engine, environment: dict[str, str]
) -> None:
    """A token's usage is drawn and billed by `tenantry usage`; after the tenant's removal none is taken."""
    slug, now = "cli-usage", datetime.now(UTC).isoformat()
    assert tenantry("signup", slug, "--file", FORM).code == 0
    tenant = json.loads(tenantry("show", slug, "--json").out)
    headers = {"Authorization": f"Bearer {token_of(tenant, environment)}"}
    events = [
        {
            "specversion": "1.0",
            "id": user,
            "source": "/auth/0",
            "type": "com.goteleport.user.active",
            "time": now,
            "data": {"user": user},
        }
        for user in ("ann", "bob")
    ]

    sent = httpx.post(f"{engine.url}/v1/usage", json=events, headers=headers, timeout=30)
    assert sent.json() == {"inserted": 2, "duplicates": 0, "refused": []}
    found = json.loads(tenantry("usage", slug, "--meter", "monthly_active_users", "--json").out)
    alone = json.loads(tenantry("usage", slug, "--no-forecast", "--json").out)
    assert (alone["current"], alone["forecast"]) == (None, None)
    assert [meter["value"] for meter in found["meters"]] == ["2"]
    assert (found["current"]["total_minor"], found["forecast"]["total_minor"]) == (30000, 30000)
    drawn = tenantry("usage", slug, "--step", "month")
    assert (drawn.code, drawn.err) == (0, "")
    assert "€300.00 so far, €300.00 expected" in drawn.out
    days = tenantry("usage", slug, "--meter", "monthly_active_users", "--no-forecast").out.splitlines()
    assert len(days) in {2, 3}, days  # of today, and of yesterday where midnight came in between
    this_month = next(line for line in drawn.out.splitlines() if line.startswith(now[:7]))
    assert this_month.split()[1] == "2"
    assert "█" in this_month
    unknown = tenantry("usage", slug, "--meter", "logins")
    assert (unknown.code, "protected_resources" in unknown.err) == (2, True)

    assert tenantry("teardown", slug, "--grace", "0", "--yes").code == 0
    assert httpx.post(f"{engine.url}/v1/usage", json=events, headers=headers, timeout=30).status_code == 401
