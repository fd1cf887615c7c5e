"""Where things are: the checkout, the folder of local stacks, the API to talk to."""

import os
from pathlib import Path

from cli.client import Client
from devstack import state

ROOT = Path(__file__).resolve().parent.parent
URL_VARIABLE = "TENANTRY_API_URL"


class NoApiError(Exception):
    """No address of an API is known."""


def home() -> Path:
    """Folder that local stacks keep their files in."""
    return Path(os.environ.get("TENANTRY_HOME", ROOT / ".devstack"))


def api_url() -> str:
    """Of the API that the environment names, else of the local stack that was started last."""
    if url := os.environ.get(URL_VARIABLE):
        return url.rstrip("/")
    running = state.current(home())
    if running is None:
        raise NoApiError(
            f"no API is running here: start one with `tenantry dev`, or set {URL_VARIABLE} to one's address"
        )
    return str(running["api"])


def connect() -> Client:
    return Client(api_url())
