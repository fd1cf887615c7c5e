"""`python -m worker` serves; `setup` prepares an installation, `promote` makes a version the current one,
`policies FOLDER` writes the IAM policies of the worker roles."""

import asyncio
import faulthandler
import os
import signal
import sys
from pathlib import Path

import structlog
import uvloop
from sqlalchemy import Engine
from temporalio.client import Client

from catalog import Catalog, load_catalog
from catalog.meters import load_meters
from catalog.offers import load_offers
from catalog.resources import check_policy
from domain.errors import CatalogError, InvalidSpec, Unavailable
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.payloads import data_converter
from runtime.process import leave, settle, share_arenas
from runtime.ring_file import WrongKeyRing
from runtime.settings import Settings, load_settings
from runtime.signing_keys import WrongSigningKeys, read_signing_keys
from runtime.temporal import connect
from store.catalog_sync import sync
from store.engine import make_engine

log = structlog.get_logger()
RETRY_SECONDS = 2
USAGE = 2
NOT_DONE = 1


def main() -> None:
    faulthandler.enable()
    share_arenas()
    settings = load_settings()
    configure_logging(settings)
    try:
        catalog = load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
        check_policy(settings.drift_policy)
        load_offers(settings.prices_file, catalog.plans, load_meters(settings.meters_file))
        if settings.webhook_keys_file:
            read_signing_keys(settings.webhook_keys_file)
    except CatalogError as error:
        for problem in error.problems:
            sys.stderr.write(f"error: {problem}\n")
        raise SystemExit(USAGE) from None
    except WrongSigningKeys as error:
        sys.stderr.write(f"error: TENANTRY_WEBHOOK_KEYS_FILE: {error}\n")
        raise SystemExit(USAGE) from None
    try:
        _run(sys.argv[1:], settings, catalog)
    except WrongKeyRing as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(USAGE) from None
    leave()


def _run(arguments: list[str], settings: Settings, catalog: Catalog) -> None:
    match arguments:
        case []:
            uvloop.run(_serve(settings, catalog))
        case ["setup"]:
            asyncio.run(_set_up(settings, catalog))
        case ["promote"]:
            asyncio.run(_promote(settings))
        case ["policies", folder]:
            _write_policies(settings, catalog, Path(folder))
        case _:
            sys.stderr.write("usage: python -m worker [setup | promote | policies FOLDER]\n")
            raise SystemExit(USAGE)


async def _set_up(settings: Settings, catalog: Catalog) -> None:
    from worker.setup import set_up  # noqa: PLC0415 - serving does not need it, and imports cost a second

    client = await _connected(settings)
    engine = make_engine(settings.database_url.get_secret_value(), settings.database_pool)
    await set_up(client, settings, catalog, engine)
    log.info("installation is ready", install=settings.install)


async def _promote(settings: Settings) -> None:
    from worker.versions import NotPromoted, promote  # noqa: PLC0415 - see above

    try:
        await promote(await _connected(settings), settings)
    except NotPromoted as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(NOT_DONE) from None


def _write_policies(settings: Settings, catalog: Catalog, folder: Path) -> None:
    from worker.policies import write_policies  # noqa: PLC0415 - see above

    try:
        written = write_policies(folder, settings.worker_roles, settings.install, catalog.cells.values())
    except InvalidSpec as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(NOT_DONE) from None
    sys.stdout.writelines(f"{path}\n" for path in written)


async def _serve(settings: Settings, catalog: Catalog) -> None:
    from worker.app import build_worker  # noqa: PLC0415 - set-up does not need it, and imports cost a second

    client = await _connected(settings)
    engine = make_engine(settings.database_url.get_secret_value(), settings.database_pool, pre_ping=False)
    await _synced(engine, catalog)
    worker = build_worker(client, settings, catalog, engine, SystemClock())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    async with worker:
        settle()
        log.info("worker serves", task_queues=worker.task_queues)
        if ready_file := os.environ.get("TENANTRY_READY_FILE"):
            await asyncio.to_thread(Path(ready_file).write_text, "ready\n")
        await stop.wait()
    log.info("worker stopped")


async def _synced(engine: Engine, catalog: Catalog) -> None:
    """Plans and cells that were added to the files since set-up: tenants refer to them in the database."""
    while True:
        try:
            await asyncio.to_thread(sync, engine, catalog.plans.values(), catalog.cells.values())
        except Unavailable as error:
            log.warning("PostgreSQL is away; trying again", reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _connected(settings: Settings) -> Client:
    """A worker that starts before Temporal waits for it; without its keys it ends. Raises WrongKeyRing."""
    converter = data_converter(settings)
    while True:
        try:
            return await connect(settings, converter=converter)
        except RuntimeError as error:
            log.warning(
                "Temporal is away; trying again", address=settings.temporal_address, reason=str(error)
            )
            await asyncio.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    main()
