"""Writes what test_fingerprints.py compares with. Not collected by `make test`; run by `make histories`."""

import json

from runtime.settings import Settings
from tests.workflows.test_fingerprints import FINGERPRINTS, fingerprints


async def test_record(settings: Settings) -> None:
    """The commands of every play are written to fingerprints.json."""
    found = await fingerprints(settings)
    FINGERPRINTS.write_text(json.dumps(found, indent=1) + "\n")
