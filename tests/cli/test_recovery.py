"""What an engineer types after a run was terminated by hand."""

import asyncio
import json
import time
from collections.abc import Callable

from domain.naming import workflow_id
from runtime.settings import Settings
from runtime.temporal import connect
from tests.cli.conftest import Tenantry
from tests.cli.test_interventions import FORM, listed


def test_a_lost_run_is_recovered_by_hand(tenantry: Tenantry, environment: dict[str, str]) -> None:
    """`recover` names what it carries on, once; the operation says before that its run was lost."""
    asked = ("signup", "cli-lost", "--file", FORM, "--pause-before", "dns", "--no-wait", "--json")
    accepted = json.loads(tenantry(*asked).out)
    operation = accepted["operation_id"]
    _until_paused(tenantry)
    asyncio.run(_terminate(environment["TENANTRY_TEMPORAL_ADDRESS"], accepted))
    _until(lambda: "its recovery, because its run was lost" in tenantry("show", operation).out)

    recovered = tenantry("recover")
    assert (recovered.code, operation in recovered.out) == (0, True)
    assert "had lost their run and are carried on" in recovered.out
    again = json.loads(tenantry("recover", "--json").out)
    assert operation not in {started["operation_id"] for started in again["started"]}
    assert again["looked_at"] >= 1

    _until_paused(tenantry)
    _until(lambda: tenantry("resume-from-pause", "cli-lost", "--reason", "seen").code == 0)
    assert tenantry("watch", operation).code == 0


async def _terminate(address: str, accepted: dict[str, str]) -> None:
    client = await connect(Settings(temporal_address=address))
    await client.get_workflow_handle(workflow_id(accepted["slug"], accepted["tenant_id"])).terminate()


def _until_paused(tenantry: Tenantry) -> None:
    _until(lambda: any(waiting["slug"] == "cli-lost" for waiting in listed(tenantry)))


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
