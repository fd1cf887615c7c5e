"""The peers' own virtual environment: what they need is no dependency of Tenantry."""

import json
import subprocess
from pathlib import Path

from bench.peers.driver import PeerFailed
from runtime.settings import ROOT

FOLDER = ROOT / ".venv-peers"
VERSIONS = """
import importlib.metadata, json, sys
print(json.dumps([importlib.metadata.version(name) for name in sys.argv[1:]]))
"""


def binary(name: str) -> Path:
    """Raises PeerFailed if the environment is not there."""
    found = FOLDER / "bin" / name
    if not found.exists():
        raise PeerFailed(f"{found.relative_to(ROOT)} is missing: run `make peers` first")
    return found


def versions(*names: str) -> dict[str, str]:
    """Of distributions that are installed there."""
    command = [str(binary("python")), "-c", VERSIONS, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(zip(names, json.loads(done.stdout), strict=True))
