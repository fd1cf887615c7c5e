"""What Temporal keeps of runs, read as its operators could."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from activities.search_attributes import ALL_KEYS
from cli.connection import ROOT
from devstack.temporal import Temporal
from runtime.payloads import sealing_of
from runtime.sealing import Sealing, is_sealed
from runtime.settings import Settings
from tests.cli.conftest import Tenantry

CALLER = "development"
CUSTOMER = "Ann Canary of ann@canary.example"
SLUG = "cli-sealed"
FORM = ROOT / "examples" / "signups" / "1-alder.yaml"
TEMPORALS_OWN = {"BuildIds", "TemporalScheduledStartTime", "TemporalScheduledById"}
# What describes a run to people, in the words of Temporal's JSON.
SAID = {"summary", "details", "memo"}
Json = dict[str, Any]


async def test_nothing_that_temporal_keeps_names_a_person(
    tenantry: Tenantry, temporal: Temporal, environment: dict[str, str], tmp_path: Path
) -> None:
    """Who reads its database finds nobody: ids, slug, plan, region and phase alone are not sealed.

    Unsealed, summaries, details and memos name nobody either.
    """
    sign_up(tenantry, tmp_path)
    ring = Path(environment["TENANTRY_PAYLOAD_KEYS_FILE"])
    sealing = sealing_of(Settings(payload_keys_file=ring))
    assert sealing
    runs = await kept_by(temporal.address, environment["TENANTRY_TASK_QUEUE"])
    assert {run["workflowType"] for run in runs} >= {"SignupTenant"}
    for run in runs:
        attributes = set(searchable(run))
        assert attributes - TEMPORALS_OWN <= {key.name for key in ALL_KEYS}
        assert not names_somebody(readable(run))
    payloads = [found for run in runs for found in payloads_in(run)]
    assert all(is_sealed(payload) for _, payload in payloads)
    assert f'"requested_by":"{CALLER}"' in unsealed(sealing, [payload for _, payload in payloads])
    said = unsealed(sealing, [payload for where, payload in payloads if where & SAID])
    assert f"signup {SLUG}" in said
    assert not names_somebody(said)


def unsealed(sealing: Sealing, payloads: list[Payload]) -> str:
    return " ".join(one.data.decode() for one in sealing.unseal(payloads))


def names_somebody(text: str) -> bool:
    return any(name in text.lower() for name in ("canary", CALLER))


def sign_up(tenantry: Tenantry, folder: Path) -> None:
    form = {**yaml.safe_load(FORM.read_text()), "customer": CUSTOMER, "slug": SLUG}
    file = folder / "form.yaml"
    file.write_text(yaml.safe_dump(form))
    done = tenantry("signup", "--file", str(file))
    assert done.code == 0, done.err


async def kept_by(address: str, task_queue: str) -> list[Json]:
    """Everything of the engine's runs, as a client without keys reads it."""
    client = await Client.connect(address)
    found = []
    async for run in client.list_workflows(f"TaskQueue = '{task_queue}'"):
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        events = [MessageToDict(event) async for event in handle.fetch_history_events()]
        described = MessageToDict((await handle.describe()).raw_description)
        found.append({"workflowType": run.workflow_type, "events": events, "described": described})
    return found


def payloads_in(
    kept: object, where: frozenset[str] = frozenset()
) -> Iterator[tuple[frozenset[str], Payload]]:
    """Each payload with the names that lead to it; none of search attributes, which Temporal must read."""
    if isinstance(kept, list):
        for one in kept:
            yield from payloads_in(one, where)
    elif isinstance(kept, dict):
        if kept.keys() == {"metadata", "data"}:
            yield where, ParseDict(kept, Payload())
            return
        for name, one in kept.items():
            if name != "searchAttributes":
                yield from payloads_in(one, where | {name})


def searchable(kept: object) -> Iterator[str]:
    if isinstance(kept, list):
        for one in kept:
            yield from searchable(one)
    elif isinstance(kept, dict):
        for name, one in kept.items():
            yield from one.get("indexedFields", {}) if name == "searchAttributes" else searchable(one)


def readable(kept: object) -> str:
    """All text, that in base64 included."""
    if isinstance(kept, list):
        return " ".join(map(readable, kept))
    if isinstance(kept, dict):
        return " ".join(f"{name} {readable(one)}" for name, one in kept.items())
    text = str(kept)
    try:
        return f"{text} {base64.b64decode(text, validate=True).decode('utf-8', 'replace')}".lower()
    except ValueError:
        return text.lower()
