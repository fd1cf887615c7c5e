"""A FastAPI application with one route that does nothing, served at a PORT as `python -m api` serves."""

import sys

import uvicorn
from fastapi import FastAPI

from runtime.process import settle
from runtime.settings import load_settings

FACTORY = "bench.peers.empty_app:application"


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def nothing() -> dict[str, str]:
        return {}

    settle()
    return app


def main() -> None:
    processes = load_settings().api_processes
    several = processes > 1
    uvicorn.run(
        FACTORY if several else application(),
        factory=several,
        workers=processes,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
