"""`tenantry dev`: a whole stack of its own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from devstack import state
from tests.cli.conftest import Tenantry

TENANTRY = Path(sys.executable).with_name("tenantry")
LAST_LINE = "Ctrl-C stops everything"
PARTS = 7


def start_dev(home: Path, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [TENANTRY, "dev", "--delays", "none"],
        env={**os.environ, "TENANTRY_HOME": str(home), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def greeting(dev: subprocess.Popen[str]) -> str:
    """What it prints until it is up; fails with its errors if it ends before."""
    assert dev.stdout
    assert dev.stderr
    told = ""
    while LAST_LINE not in told:
        line = dev.stdout.readline()
        assert line, dev.stderr.read()
        told += line
    return told


def assert_ui_unseals(told: str) -> None:
    """Its pages know the codec endpoint, and the endpoint lets them ask."""
    ui, codec = (
        re.search(rf"^  {name} +(http://\S+)$", told, re.MULTILINE)[1]  # type: ignore[index]  # fails as it should
        for name in ("Temporal UI", "codec")
    )
    assert httpx.get(f"{ui}/api/v1/settings").json()["Codec"]["Endpoint"] == codec
    for origin in (ui, ui.replace("127.0.0.1", "localhost")):
        answer = httpx.post(f"{codec}/decode", json={"payloads": []}, headers={"origin": origin})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)


def test_it_is_found_while_it_runs_and_leaves_nothing(
    tmp_path: Path, command: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line finds a running stack, and closes months ahead; SIGTERM leaves no process, no file."""
    dev = start_dev(tmp_path)
    try:
        told = greeting(dev)
        assert "/docs" in told
        assert_ui_unseals(told)
        monkeypatch.delenv("TENANTRY_API_URL", raising=False)
        monkeypatch.setenv("TENANTRY_HOME", str(tmp_path))
        assert command("list", "--json").out == "[]\n"
        # As it says itself: periods that are yet to end can be closed.
        month = re.search(r"tenantry (billing close --as-of \S+),", told)
        assert month
        assert command(*month[1].split()).code == 0
        family = psutil.Process(dev.pid).children(recursive=True)
        assert len(family) >= PARTS
    finally:
        dev.terminate()
        dev.communicate(timeout=60)
    assert dev.returncode == 0
    assert not psutil.wait_procs(family, timeout=10)[1]
    assert state.current(tmp_path) is None
    assert not list(tmp_path.glob("run-*"))


def test_a_part_that_cannot_start_is_named(tmp_path: Path) -> None:
    """A process that ends at the start makes `dev` exit with 1, its last words on stderr, nothing left."""
    dev = start_dev(tmp_path, TENANTRY_LOG_LEVEL="loud")
    out, err = dev.communicate(timeout=120)
    assert (dev.returncode, out) == (1, "")
    assert "setup ended with exit code 2" in err
    assert "TENANTRY_LOG_LEVEL" in err
    assert not list(tmp_path.glob("run-*"))


def test_a_signal_during_the_start_stops_it(tmp_path: Path) -> None:
    """Ctrl-C before everything is up ends the start, with nothing left."""
    dev = start_dev(tmp_path)
    assert dev.stderr
    assert "starting" in dev.stderr.readline()
    dev.send_signal(signal.SIGINT)
    dev.communicate(timeout=60)
    assert dev.returncode == 130
    assert not list(tmp_path.glob("run-*"))
