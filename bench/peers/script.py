"""A plain sequential script: one provider call after the other, nothing kept, nothing undone."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version

from bench.peers import aws_calls, cluster_calls
from bench.peers.checking import providers_for
from bench.peers.clients import Providers
from bench.peers.driver import Job, Played, run
from bench.peers.tenants import Json


def sign_up(providers: Providers, tenant: Json) -> float:
    """Seconds."""
    began = time.monotonic()
    users = tenant["users"]
    aws_calls.bucket(providers, tenant)
    _, master = aws_calls.secret(providers, tenant, "database-admin", users["master"])
    password_version, login = aws_calls.secret(providers, tenant, "database-password", users["login"])
    aws_calls.secret(providers, tenant, "usage-token")
    aws_calls.parameters(providers, tenant)
    outputs = aws_calls.database(providers, tenant, master)
    aws_calls.database_users(tenant, outputs, master, login)
    outputs["database-password.version"] = password_version
    roles = {step: aws_calls.role(providers, tenant, step) for step in tenant["policies"]}
    for step, one in tenant["accounts"].items():
        aws_calls.identity(providers, tenant, step, roles[one["role"]])
    address = ""
    for step in tenant["groups"]:
        address = cluster_calls.group(providers, tenant, step, outputs) or address
    aws_calls.dns(providers, tenant, address)
    return time.monotonic() - began


def play(job: Job) -> Played:
    providers = providers_for(asdict(job.endpoints), job.tenants, job.folder)
    providers.look_up(job.tenants)
    for tenant in job.warming:
        sign_up(providers, tenant)
    began = job.begin()
    with ThreadPoolExecutor(max_workers=job.parallel) as pool:
        seconds = list(pool.map(lambda tenant: sign_up(providers, tenant), job.tenants))
    return Played(time.monotonic() - began, seconds)


def versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("boto3", "kubernetes", "psycopg"))


if __name__ == "__main__":
    sys.exit(run("script", versions, play, __doc__))
