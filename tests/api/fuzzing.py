"""schemathesis against an API that is served: all of the OpenAPI document, all checks."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from catalog import Catalog
from devstack.postgres import Postgres
from devstack.temporal import Temporal
from runtime.settings import ROOT
from tests.api.conftest import fronted, settings_on
from tests.api.front import Front
from tests.api.places import Place

CONFIG = Path(__file__).parent / "schemathesis.toml"


@asynccontextmanager
async def alone(postgres: Postgres, catalog: Catalog, folder: Path) -> AsyncIterator[Front]:
    """API and worker on a database and a Temporal server of their own: what is sent is done."""
    temporal = Temporal(folder / "temporal", ui=False)
    temporal.start()
    try:
        settings = settings_on(postgres.create_database(f"fuzz{uuid4().hex[:8]}"), temporal, folder)
        async with fronted(settings, catalog) as front:
            yield front
    finally:
        temporal.stop()


async def findings(
    address: str, key: str | None, place: Place, folder: Path, *options: str, every: int = 1
) -> str | None:
    """What it found, as it says it; None if nothing. Without a key it asks as a stranger.

    `every`: of what is tried of a parameter on many routes, one in so many is sent.
    """
    places = asdict(place) | {"name": place.invoice, "plan": "echo", "region": "us-east-1"}
    bearer = ("--header", f"Authorization: Bearer {key}") if key else ()
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), f"--config-file={CONFIG}"),
        *("run", f"{address}/openapi.json", "--no-color", *bearer, *options),
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
            "TENANTRY_FUZZ_EVERY": str(every),
            "TENANTRY_FUZZ_PLACES": json.dumps(places),
        },
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return said.decode() if process.returncode else None
