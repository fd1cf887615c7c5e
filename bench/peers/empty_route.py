"""FastAPI alone: a route that does nothing, asked at a steady rate."""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import aiohttp

from bench.load import Call, asked
from bench.peers.driver import Played, show
from bench.peers.endpoints import Endpoints, read
from bench.peers.pace import percentile
from devstack.processes import StartError, accepts_connections, free_port, spawn
from runtime.settings import ROOT

START_SECONDS = 30
WARMING_SECONDS = 1.0


@contextlib.contextmanager
def serving(endpoints: Endpoints) -> Iterator[str]:
    """URL of the route, while it is served with the settings of the stack's API."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        process = spawn(
            "empty route",
            [sys.executable, "-m", "bench.peers.empty_app", str(port)],
            log=Path(folder) / "server.log",
            env={**os.environ, **endpoints.settings},
            cwd=ROOT,
        )
        try:
            process.wait_until(lambda: accepts_connections(port), START_SECONDS)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.stop()


def latencies(url: str, rate: float, seconds: float) -> list[float]:
    """Of each request, in seconds. Raises RuntimeError or aiohttp's ClientError for one not answered well."""

    def asked_for(length: float) -> list[float]:
        calls = [Call("GET", "/")] * int(rate * length)
        return [millis / 1000 for millis in asyncio.run(asked(url, calls, rate))]

    asked_for(WARMING_SECONDS)
    return asked_for(seconds)


def versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("fastapi", "uvicorn", "uvloop", "httptools"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers.empty_route", description=__doc__)
    parser.add_argument("--stack", type=Path, required=True, help="file of `python -m bench.peers.endpoints`")
    parser.add_argument("--rate", type=float, default=100, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    try:
        with serving(read(options.stack)) as url:
            began = time.monotonic()
            each = latencies(url, options.rate, options.seconds)
    except (StartError, RuntimeError, aiohttp.ClientError) as error:
        print(f"error: empty_route: {error}", file=sys.stderr)
        return 1
    shown = {f"p{percent}_seconds": round(percentile(each, percent), 5) for percent in (50, 99)}
    played = Played(time.monotonic() - began, each, {"requests": len(each), **shown})
    show("empty_route", versions(), played, {}, tenants=0, parallel=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
