"""Everything that an installation leaves behind, as texts, each with its place."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql
from temporalio.client import Client

from runtime.payloads import sealing_of
from runtime.settings import Settings
from tests.cli.test_payloads import kept_by, payloads_in, readable, unsealed

Trace = tuple[str, str]
SECRETS = "secrets"
"""The one kind of object that may hold a secret."""


def logs(folders: list[Path]) -> Iterator[Trace]:
    for folder in folders:
        for file in sorted(folder.glob("*.log")):
            yield f"log {file.name}", file.read_text(errors="replace")


def tables(database_url: str) -> Iterator[Trace]:
    """All rows of all tables; of partitions, too."""
    with psycopg.connect(database_url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))
            yield f"table {name}", "\n".join(row for (row,) in connection.execute(query))


async def runs(address: str, task_queue: str, ring: Path) -> AsyncIterator[Trace]:
    """What Temporal keeps of every run and schedule, with and without the keys."""
    sealing = sealing_of(Settings(payload_keys_file=ring))
    assert sealing
    for run in await kept_by(address, task_queue):
        payloads = [payload for _, payload in payloads_in(run)]
        yield run["workflowType"], f"{json.dumps(run)} {readable(run)} {unsealed(sealing, payloads)}"
    client = await Client.connect(address)
    async for schedule in await client.list_schedules():
        described = await client.get_schedule_handle(schedule.id).describe()
        yield f"schedule {schedule.id}", str(described.raw_description)


def objects(clusters: Mapping[str, str], tenant_id: str) -> Iterator[Trace]:
    """Of the tenant's namespace in each cluster, events included, secrets not; and who called the cluster."""
    for name, url in clusters.items():
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer devstack"}, verify=False) as http:
            yield f"calls of {name}", http.get("/_devstack/calls").raise_for_status().text
            for place in _kinds(http):
                items = http.get(place).raise_for_status().json()["items"]
                here = [one for one in items if tenant_id in one["metadata"]["namespace"]]
                yield f"{place} of {name}", json.dumps(here)


def _kinds(http: httpx.Client) -> Iterator[str]:
    """Where all of a kind are listed."""
    groups: list[dict[str, Any]] = http.get("/apis").raise_for_status().json()["groups"]
    versions = [f"/apis/{version['groupVersion']}" for group in groups for version in group["versions"]]
    for version in ("/api/v1", *versions):
        for kind in http.get(version).raise_for_status().json()["resources"]:
            if kind["namespaced"] and "list" in kind["verbs"] and kind["name"] != SECRETS:
                yield f"{version}/{kind['name']}"


def answers(url: str, headers: Mapping[str, str], paths: list[str]) -> Iterator[Trace]:
    """Of the API; streams of what has ended are whole."""
    for path in paths:
        yield f"GET {path}", httpx.get(f"{url}{path}", headers=headers, timeout=30).text


def calls(url: str) -> Trace:
    """What the stand-in of AWS keeps of those who called it."""
    return "calls of AWS", httpx.get(f"{url}/_devstack/calls").raise_for_status().text
