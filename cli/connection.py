"""Where things are: the checkout, the folder of local stacks, the API to talk to."""

import os
from pathlib import Path

from client import Client
from client.requests import TIMEOUT_SECONDS
from devstack import state

ROOT = Path(__file__).resolve().parent.parent
URL_VARIABLE = "TENANTRY_API_URL"
KEY_VARIABLE = "TENANTRY_API_KEY"
RECOUNT_SECONDS = 300
"""All events of a period may have to be counted."""


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


def api_key() -> str | None:
    """The key for that API. None: requests bear none, and it says so where one is needed."""
    if key := os.environ.get(KEY_VARIABLE):
        return key.strip()
    if os.environ.get(URL_VARIABLE):
        return None  # the key of a local stack is nobody else's business
    running = state.current(home()) or {}
    return running.get("api_key")


def connect(reason: str | None = None, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Client:
    """`reason` is why it changes things."""
    return Client(
        api_url(), api_key(), reason=reason, timeout_seconds=timeout_seconds, user_agent="tenantry-cli"
    )
