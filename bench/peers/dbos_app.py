"""The steps of a sign-up as a durable DBOS workflow. Runs in the peers' own environment.

`worker JOB NUMBER` serves the queue until its input ends; `start JOB` puts the job's tenants into it, waits,
and prints when each began and ended.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from dbos import DBOS, DBOSClient, DBOSConfig

from bench.peers import aws_calls, cluster_calls
from bench.peers.clients import Json, Providers

APPLICATION = "peer"
QUEUE = "sign-ups"
POLLING_SECONDS = 0.1
"""Ten times as often as by default, with which a queue of few would seem slow."""
STEP: Json = {"retries_allowed": True}
READY = "ready"


class Ground:
    """What the steps of this process use: an input of a workflow is kept with it, and a tenant is long."""

    tenants: dict[str, Json] = {}
    providers: Providers


@DBOS.step(**STEP)
async def bucket(tenant_id: str) -> None:
    await asyncio.to_thread(aws_calls.bucket, Ground.providers, Ground.tenants[tenant_id])


@DBOS.step(**STEP)
async def secret(tenant_id: str, step: str, user: str | None) -> str:
    """Its version; what it holds is not to be kept with the workflow."""
    tenant = Ground.tenants[tenant_id]
    version, _ = await asyncio.to_thread(aws_calls.secret, Ground.providers, tenant, step, user)
    return version


@DBOS.step(**STEP)
async def parameters(tenant_id: str) -> None:
    await asyncio.to_thread(aws_calls.parameters, Ground.providers, Ground.tenants[tenant_id])


@DBOS.step(**STEP)
async def database(tenant_id: str) -> dict[str, str]:
    return await asyncio.to_thread(_database, Ground.tenants[tenant_id])


def _database(tenant: Json) -> dict[str, str]:
    master = aws_calls.password_in(Ground.providers, tenant, "database-admin")
    place = aws_calls.database(Ground.providers, tenant, master)
    login = aws_calls.password_in(Ground.providers, tenant, "database-password")
    aws_calls.database_users(tenant, place, master, login)
    return place


@DBOS.step(**STEP)
async def role(tenant_id: str, step: str) -> str:
    return await asyncio.to_thread(aws_calls.role, Ground.providers, Ground.tenants[tenant_id], step)


@DBOS.step(**STEP)
async def identity(tenant_id: str, step: str, role_arn: str) -> None:
    tenant = Ground.tenants[tenant_id]
    await asyncio.to_thread(aws_calls.identity, Ground.providers, tenant, step, role_arn)


@DBOS.step(**STEP)
async def group(tenant_id: str, step: str, outputs: dict[str, str]) -> str:
    tenant = Ground.tenants[tenant_id]
    return await asyncio.to_thread(cluster_calls.group, Ground.providers, tenant, step, outputs)


@DBOS.step(**STEP)
async def dns(tenant_id: str, target: str) -> None:
    await asyncio.to_thread(aws_calls.dns, Ground.providers, Ground.tenants[tenant_id], target)


@DBOS.workflow()
async def sign_up(tenant_id: str) -> None:
    """What needs nothing of each other runs at once, started in the same order every time."""
    tenant = Ground.tenants[tenant_id]
    roles = list(tenant["policies"])
    _, _, version, _, _, _, *arns = await asyncio.gather(
        bucket(tenant_id),
        secret(tenant_id, "database-admin", tenant["users"]["master"]),
        secret(tenant_id, "database-password", tenant["users"]["login"]),
        secret(tenant_id, "usage-token", None),
        parameters(tenant_id),
        group(tenant_id, "foundation", {}),
        *(role(tenant_id, step) for step in roles),
    )
    of_role = dict(zip(roles, arns, strict=True))
    place, *_ = await asyncio.gather(
        database(tenant_id),
        group(tenant_id, "certificate", {}),
        *(identity(tenant_id, step, of_role[one["role"]]) for step, one in tenant["accounts"].items()),
    )
    outputs = {**place, "database-password.version": version}
    for step in ("config", "auth"):
        await group(tenant_id, step, outputs)
    await dns(tenant_id, await group(tenant_id, "proxy", outputs))


def serve(job: Json, number: int) -> None:
    tenants = job["warming"] + job["tenants"]
    Ground.tenants = {tenant["id"]: tenant for tenant in tenants}
    regions = sorted({tenant["region"] for tenant in tenants})
    cells = sorted({tenant["cell"] for tenant in tenants})
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": job["database"],
        "executor_id": f"worker-{number}",
        "log_level": "ERROR",
    }
    DBOS(config=config)
    folder = Path(job["folder"]) / f"of-worker-{number}"
    folder.mkdir()
    Ground.providers = Providers(job["endpoints"], folder, regions, cells)
    Ground.providers.look_up(tenants)
    DBOS.launch()
    DBOS.register_queue(
        QUEUE,
        global_concurrency=job["parallel"],
        worker_concurrency=-(-job["parallel"] // job["workers"]),
        polling_interval_sec=POLLING_SECONDS,
    )
    print(READY, flush=True)
    sys.stdin.read()
    DBOS.destroy()


def start(job: Json) -> None:
    """Warms up, says so, waits for a line of input, then lets the tenants in."""
    client = DBOSClient(system_database_url=job["database"], application_name=APPLICATION)
    _run(client, job["warming"])
    print(READY, flush=True)
    sys.stdin.readline()
    print(json.dumps(_run(client, job["tenants"])), flush=True)
    client.destroy()


def _run(client: DBOSClient, tenants: list[Json]) -> list[dict[str, float]]:
    """When each was asked for and when it ended, by the clock of the database's host. Raises what failed."""
    asked: list[float] = []
    handles = []
    for tenant in tenants:
        asked.append(time.time())
        handles.append(client.enqueue({"workflow_name": "sign_up", "queue_name": QUEUE}, tenant["id"]))
    for handle in handles:
        handle.get_result()
    ended = [(handle.get_status().completed_at or 0) / 1000 for handle in handles]
    return [{"asked": one, "ended": other} for one, other in zip(asked, ended, strict=True)]


def main(arguments: list[str]) -> None:
    what, file, *rest = arguments
    job: Json = json.loads(Path(file).read_text())
    if what == "worker":
        serve(job, int(rest[0]))
    else:
        start(job)


if __name__ == "__main__":
    main(sys.argv[1:])
