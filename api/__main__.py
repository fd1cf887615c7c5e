"""`python -m api` serves the HTTP API, in one process or in several that share a port."""

import faulthandler
import sys

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from domain.errors import CatalogError
from runtime.bounded_http import BoundedHttp
from runtime.logging import configure_logging
from runtime.process import leave, settle
from runtime.ring_file import WrongKeyRing
from runtime.settings import load_settings
from runtime.signing_keys import WrongSigningKeys

USAGE = 2
STREAMS_MAY_END_SECONDS = 3
IDLE_SECONDS = 75
"""How long a connection may rest: longer than clients (httpx: 5) and load balancers (AWS: 60) keep theirs, or
a request that they send on it in the moment in which we close it is reset."""


def main() -> None:
    faulthandler.enable()
    settings = load_settings()
    # Several make theirs themselves. This one only starts them anew, and was first to see what is wrong.
    app = application()
    several = settings.api_processes > 1
    uvicorn.run(
        "api.__main__:application" if several else app,
        factory=several,
        workers=settings.api_processes,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,  # runtime.logging has set everything up
        http=BoundedHttp,
        access_log=False,  # api.middleware writes one line per request, with its id
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STREAMS_MAY_END_SECONDS,
    )
    leave()


def application() -> FastAPI:
    """What one process serves."""
    settings = load_settings()
    configure_logging(settings)
    try:
        app = create_app(settings)
    except CatalogError as error:
        for problem in error.problems:
            sys.stderr.write(f"error: {problem}\n")
        raise SystemExit(USAGE) from None
    except WrongSigningKeys as error:
        sys.stderr.write(f"error: TENANTRY_WEBHOOK_KEYS_FILE: {error}\n")
        raise SystemExit(USAGE) from None
    except WrongKeyRing as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(USAGE) from None
    settle()
    return app


if __name__ == "__main__":
    main()
