"""A peer in a process of its own, and our own sign-ups measured alike."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.peers import counting
from bench.peers.driver import PeerFailed
from bench.peers.endpoints import Endpoints
from bench.stage import BenchStage
from runtime.settings import ROOT

Line = dict[str, Any]
PATIENCE_SECONDS = 1800


def play_peer(peer: str, stack: Path, *flags: str, **options: float) -> Line:
    """What `python -m bench.peers.PEER` prints. Raises PeerFailed with what it says."""
    arguments = [*flags, *(text for name, value in options.items() for text in (f"--{name}", str(value)))]
    done = subprocess.run(
        [sys.executable, "-m", f"bench.peers.{peer}", "--stack", str(stack), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise PeerFailed(done.stderr.strip() or f"{peer} ended with {done.returncode}")
    line: Line = json.loads(done.stdout)
    return line


def play_ours(stage: BenchStage, endpoints: Endpoints, tenants: int, *, at_once: bool) -> Line:
    """Raises RuntimeError if a sign-up does not succeed."""
    counting.begin(endpoints)
    began = time.monotonic()
    each: list[float] = []
    if at_once:
        wall = tenants / stage.crowd(tenants).all_succeeded().rate
    else:
        each = stage.signups(tenants)
        wall = time.monotonic() - began
    return {
        "peer": "tenantry",
        "version": "",
        "tenants": tenants,
        "parallel": tenants if at_once else 1,
        "wall_seconds": wall,
        "each_seconds": each,
        "provider_calls": counting.counted(endpoints),
    }
