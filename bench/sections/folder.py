"""From an empty folder to the first tenant that can be used: what a newcomer waits for."""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, Section
from runtime.settings import ROOT

_TOLD = re.compile(
    r"""^up after (?P<start>[\d.]+) s$.*?^ *(?P<signup>[\d.]+) s  \w+ +signup +100 %  succeeded""",
    re.DOTALL | re.MULTILINE,
)
"""In what the demo says."""
PATIENCE_SECONDS = 900
OURS = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


def measure() -> Section:
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        clone = Path(home) / "tenantry"
        _run("git", "clone", "--quiet", str(ROOT), str(clone))
        began = time.monotonic()
        _run("make", "-C", str(clone), "setup")
        installed = time.monotonic() - began
        told = _TOLD.search(_run("make", "-C", str(clone), "demo"))
    if told is None:
        raise RuntimeError("the demo did not say when it had started and when its first tenant was active")
    parts = {"install": installed, "start": float(told["start"]), "sign-up": float(told["signup"])}
    figures = [Figure(f"folder-{name}", name, "", "s", (seconds,)) for name, seconds in parts.items()]
    whole = "from an empty folder to the first tenant active"
    total = Figure("folder", whole, "", "s", (sum(parts.values()),))
    return Section(
        "From an empty folder",
        [*figures, total],
        ["Once, and with the packages that pip finds near; the demo's cloud takes seconds and not minutes."],
    )


def _run(*command: str) -> str:
    """What it printed. Raises RuntimeError."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout[-500:]}")
    return done.stdout
