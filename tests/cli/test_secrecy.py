"""A life of a tenant with everything on, in processes of their own, and then a search for its secrets."""

import json
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from cli.connection import KEY_VARIABLE, ROOT
from devstack.engine import DEVELOPMENT_KEY, Engine
from devstack.postgres import Postgres
from devstack.servers import ClusterServer
from devstack.temporal import Temporal
from tests.canaries import told_in, versions
from tests.chaos.waiting import until
from tests.cli import traces
from tests.cli.conftest import Tenantry
from tests.webhooks.receiver import Call, Receiver, received

SLUG = "cli-secrecy"
TOLD = 6
FORM = str(ROOT / "examples" / "signups" / "1-alder.yaml")


class Play:
    """Does what makes or uses secrets, and keeps each with all that was said meanwhile."""

    def __init__(self, tenantry: Tenantry, url: str, environment: dict[str, str]) -> None:
        self.tenantry, self.url, self.environment = tenantry, url, environment
        self.values: dict[str, str] = {}
        self.said: list[traces.Trace] = []

    def do(self, *arguments: str, well: bool = True) -> Any:
        """A command that must not say a secret; what it answers as JSON, if it does."""
        ran = self.tenantry(*arguments)
        assert (ran.code == 0) == well, ran.err
        self.said.append((" ".join(arguments[:2]), ran.out + ran.err))
        return json.loads(ran.out) if "--json" in arguments else None

    def shown_once(self, what: str, *arguments: str) -> dict[str, Any]:
        """A command that shows a secret, this one time."""
        ran = self.tenantry(*arguments)
        assert ran.code == 0, ran.err
        found: dict[str, Any] = json.loads(ran.out)
        self.values[what] = found.get("key") or found["secret"]
        return found

    def refused(self, what: str, path: str) -> None:
        """A secret where it does not belong: the answer does not repeat it."""
        headers = {"Authorization": f"Bearer {self.values[what]}x"}
        answer = httpx.post(f"{self.url}{path}", headers=headers, json={}, timeout=30)
        assert answer.status_code == 401
        self.said.append((f"the refusal of {what}", f"{answer.headers} {answer.text}"))

    def learn(self, tenant: dict[str, str]) -> None:
        """All versions of all secrets of the tenant."""
        client = boto3.client(
            "secretsmanager",
            region_name=tenant["region"],
            endpoint_url=self.environment["TENANTRY_AWS_ENDPOINT_URL"],
            aws_access_key_id="external-secrets",
            aws_secret_access_key="external-secrets",
        )
        for page in client.get_paginator("list_secrets").paginate():
            for secret in page["SecretList"]:
                if tenant["id"] in secret["Name"]:
                    for version, text in versions(client, secret["Name"]):
                        found = json.loads(text)
                        value = found.get("password") or found["token"]
                        self.values[f"{secret['Name']} {version}"] = value


def life(play: Play, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """From the sign-up over usage, a rotation and support access to a suspension; the tenant."""
    play.shown_once("a webhook's secret", "webhook", "add", receiver.url("/secrecy"), "--json")
    support = play.shown_once("a key", "key", "create", "Sam", "--role", "support", "--json")["key"]
    play.do("signup", SLUG, "--file", FORM)
    tenant: dict[str, str] = play.do("show", SLUG, "--json")
    play.learn(tenant)
    play.do("rotate-password", SLUG)
    play.learn(tenant)
    with monkeypatch.context() as patch:
        patch.setenv(KEY_VARIABLE, support)
        access = play.do("access", "request", SLUG, "--reason", "INC-1", "--json")["id"]
    play.do("access", "approve", access)
    with monkeypatch.context() as patch:
        patch.setenv(KEY_VARIABLE, support)
        opened = json.loads(play.tenantry("access", "credentials", access, "--as", "exec").out)
    play.values["a token of support access"] = opened["status"]["token"]
    play.do("access", "revoke", access)
    play.do("scale", SLUG, "--users", "100000", well=False)
    play.do("suspend", SLUG)
    usage = next(name for name in play.values if "usage-token" in name)
    for what, path in ((usage, "/v1/usage"), ("a key", "/v1/tenants")):
        play.refused(what, path)
    return tenant


async def told(receiver: Receiver) -> list[Call]:
    """A phase and an end of most operations."""

    async def enough() -> bool:
        return len(receiver.calls("/secrecy")) >= TOLD

    await until(enough, "the webhook is told", patience=60)
    return receiver.calls("/secrecy")


async def test_no_secret_is_told_anywhere(
    tenantry: Tenantry,
    engine: Engine,
    environment: dict[str, str],
    postgres: Postgres,
    temporal: Temporal,
    clusters: ClusterServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Passwords of before and after a rotation, tokens, keys: in no log, table, run, answer, object, webhook.

    Of API, workers, PostgreSQL and Temporal; runs are read with the keys of their payloads.
    """
    play = Play(tenantry, engine.url, environment)
    play.values |= _of_the_installation(environment)
    with received() as receiver:
        tenant = life(play, receiver, monkeypatch)
        calls = await told(receiver)
    # Of password and token, two versions of the one; webhook, key, token, database, ring and webhooks' ring.
    assert len(play.values) >= 9
    found = [*play.said, *((f"webhook {call.id}", f"{call.headers} {call.body!r}") for call in calls)]
    folders = {process.log.parent for process in (*engine.processes, postgres.process, temporal.process)}
    found += [*traces.logs(sorted(folders)), *traces.tables(environment["TENANTRY_DATABASE_URL"])]
    ring = Path(environment["TENANTRY_PAYLOAD_KEYS_FILE"])
    found += [one async for one in traces.runs(temporal.address, environment["TENANTRY_TASK_QUEUE"], ring)]
    found += traces.objects(clusters.urls(), tenant["id"])
    found += traces.answers(engine.url, _bearer(environment), _paths(play))
    found.append(traces.calls(environment["TENANTRY_AWS_ENDPOINT_URL"]))
    _read(found, tenant["id"])
    assert [(what, where) for where, text in found for what in told_in(text, play.values)] == []


THERE = {
    *("log api.log", "log worker-aws.log", "log worker-kubernetes.log", "log worker-records.log"),
    *("log postgres.log", "log temporal.log", "/api/v1/events of use1"),
}
NAMING = {
    *("table audit", "table operation", "log api.log", "log worker-records.log"),
    *("SignupTenant", "RotateDatabasePassword", "GrantAccess", "calls of AWS"),
    *(f"GET /v1/tenants/{SLUG}", "/apis/apps/v1/deployments of use1"),
}
"""They name the tenant: a search that finds no secret in them has read them."""


def _read(found: list[traces.Trace], tenant_id: str) -> None:
    assert {where for where, _ in found} >= THERE
    assert {where for where, text in found if tenant_id in text or SLUG in text} >= NAMING


def _of_the_installation(environment: dict[str, str]) -> dict[str, str]:
    ring = json.loads(Path(environment["TENANTRY_PAYLOAD_KEYS_FILE"]).read_text())
    return {
        "the development key": environment[DEVELOPMENT_KEY],
        "the password of our database": str(httpx.URL(environment["TENANTRY_DATABASE_URL"]).password),
        "the key of payloads": next(iter(ring["keys"].values()))["key"],
        "the key of webhooks": Path(environment["TENANTRY_WEBHOOK_KEYS_FILE"]).read_text(),
    }


def _bearer(environment: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {environment[DEVELOPMENT_KEY]}"}


def _paths(play: Play) -> list[str]:
    listed = play.tenantry("audit", "list", "--limit", "200", "--json")
    rows = json.loads(listed.out)
    operations = {row["object_id"] for row in rows if row["object_kind"] == "operation"}
    ours = [f"/v1/operations/{operation}{more}" for operation in operations for more in ("", "/events")]
    of_tenant = [
        f"/v1/tenants/{SLUG}{more}" for more in ("", "/operations", "/access", "/drift", "/audit", "/usage")
    ]
    return [
        *ours,
        *of_tenant,
        "/v1/audit",
        "/v1/keys",
        "/v1/webhooks",
        "/v1/access",
        "/v1/attention",
        "/v1/me",
    ]
