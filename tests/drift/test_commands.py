"""`tenantry drift` as a client of the API of the installation that drifts."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator

import pytest
import structlog

from api.app import create_app
from cli.connection import KEY_VARIABLE, URL_VARIABLE
from domain.naming import new_tenant_id, ownership_tags, resource_name
from tests.api.conftest import served
from tests.api.front import ADMIN_KEY, keyed
from tests.cli.conftest import Ran, Tenantry, command
from tests.drift import hands
from tests.drift.conftest import INSTALL, DriftStage

__all__ = ["command"]


@pytest.fixture(scope="module")
async def address(stage: DriftStage) -> AsyncIterator[str]:
    # The API's log would be read as the command's output, as both are in this process.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    async with served(create_app(keyed(stage.settings))) as address:
        yield address
    structlog.reset_defaults()


async def run(tenantry: Tenantry, *arguments: str) -> Ran:
    """Beside the API, which shares this process."""
    return await asyncio.to_thread(tenantry, *arguments)


async def test_drift_is_shown_and_repaired(
    stage: DriftStage, address: str, command: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for each tenant that is not in sync, every difference of one; repaired, none is left."""
    monkeypatch.setenv(URL_VARIABLE, address)
    monkeypatch.setenv(KEY_VARIABLE, ADMIN_KEY)
    tenant = await stage.active()
    slug = tenant["slug"]
    assert "not looked at yet" in (await run(command, "drift", "show", slug)).out
    hands.raise_quota(stage, tenant)
    await stage.scan()
    listed = (await run(command, "drift", "show")).out
    assert re.search(rf"^{slug} .*spec\.hard\.pods is 4000", listed, re.MULTILINE)
    shown = (await run(command, "drift", "show", slug)).out
    assert "not in sync" in shown
    assert re.search(r"foundation +drifted +v1/ResourceQuota tenant +spec\.hard\.pods", shown)
    assert slug in {one["slug"] for one in json.loads((await run(command, "drift", "show", "--json")).out)}
    repaired = await run(command, "drift", "repair", slug)
    assert (repaired.code, f"repair of {slug} succeeded" in repaired.out) == (0, True)
    assert json.loads((await run(command, "drift", "show", slug, "--json")).out)["in_sync"] is True
    assert "InSync" in (await run(command, "show", slug)).out


async def test_what_would_come_back_empty_needs_a_yes(
    stage: DriftStage, address: str, command: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it a repair fails and names what is gone, though no scan has looked; with it, it is made."""
    monkeypatch.setenv(URL_VARIABLE, address)
    monkeypatch.setenv(KEY_VARIABLE, ADMIN_KEY)
    tenant = await stage.active()
    bucket = stage.name(tenant, "recordings")
    stage.auditor.aws("s3").delete_bucket(Bucket=bucket)
    refused = await run(command, "drift", "repair", tenant["slug"])
    assert (refused.code, "DataLost" in refused.err, "--yes" in refused.err) == (1, True, True)
    assert bucket in refused.err.replace("\n", "")
    assert (await run(command, "drift", "repair", tenant["slug"], "--yes")).code == 0


async def test_orphans_are_listed_and_deleted(
    stage: DriftStage, address: str, command: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed with their ids; deleted with a reason, and then listed no more."""
    monkeypatch.setenv(URL_VARIABLE, address)
    monkeypatch.setenv(KEY_VARIABLE, ADMIN_KEY)
    name = resource_name(INSTALL, tenant_id := new_tenant_id(), "left")
    marks = ownership_tags(INSTALL, tenant_id, "gone", "left")
    s3 = stage.auditor.aws("s3")
    s3.create_bucket(Bucket=name)
    tags = [{"Key": key, "Value": value} for key, value in marks.items()]
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    await stage.scan(orphans=True)
    listed = (await run(command, "drift", "orphans")).out
    line = next(line for line in listed.splitlines() if name in line)
    assert "no such tenant" in line
    orphan = line.split()[0]
    assert (await run(command, "drift", "delete-orphan", orphan)).code == 2
    deleted = await run(command, "drift", "delete-orphan", orphan, "--reason", "left behind", "--json")
    assert (deleted.code, json.loads(deleted.out)["reason"]) == (0, "left behind")
    assert name not in (await run(command, "drift", "orphans", "--json")).out
