"""Children that leave nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from devstack.processes import StartError, free_port, spawn

SLEEPER = "import time; time.sleep(600)"
# Ignores the request to end, and has a child of its own.
STUBBORN = (
    "import signal, subprocess, sys, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); child.wait()"
)
HOLDER = """
import sys, time

held = bytearray(40_000_000)
open(sys.argv[1], "w").close()
time.sleep(600)
"""
SUPERVISOR = """
import sys, time, pathlib
from devstack.postgres import Postgres
from devstack.processes import spawn
from devstack.temporal import Temporal

folder = pathlib.Path(sys.argv[1])
postgres, temporal = Postgres(folder / "postgres"), Temporal(folder / "temporal")
postgres.start()
temporal.start()
(folder / "draft").write_text(f"{postgres.process.pid} {temporal.process.pid}")
(folder / "draft").rename(folder / "pids")
time.sleep(600)
"""


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while alive := [pid for pid in pids if _alive(pid)]:
        assert time.monotonic() < deadline, f"still alive: {alive}"
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_supervisor_takes_its_servers_along(tmp_path: Path) -> None:
    """SIGKILL of the process that started PostgreSQL and Temporal ends both, with all of their children."""
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, tmp_path])
    pids_file = tmp_path / "pids"
    while not pids_file.exists():
        assert supervisor.poll() is None
        time.sleep(0.01)
    servers = [int(pid) for pid in pids_file.read_text().split()]
    family = [child.pid for server in servers for child in psutil.Process(server).children(recursive=True)]
    assert family, "PostgreSQL has children"
    supervisor.kill()
    supervisor.wait()
    wait_until_gone([*servers, *family])


def test_a_child_that_will_not_end_is_killed_with_its_family(tmp_path: Path) -> None:
    """stop kills a process that ignores SIGTERM, and the processes that it started."""
    pid_file = tmp_path / "pid"
    process = spawn("stubborn", [sys.executable, "-c", STUBBORN, pid_file], log=tmp_path / "log")
    process.wait_until(lambda: pid_file.exists() and bool(pid_file.read_text()), 10)
    process.stop(timeout=0.1)
    wait_until_gone([process.pid, int(pid_file.read_text())])


def test_a_child_that_falls_says_why(tmp_path: Path) -> None:
    """The error of a failed start holds the name, the exit code and the end of the log."""
    process = spawn("clumsy", [sys.executable, "-c", "raise SystemExit('no disk')"], log=tmp_path / "log")
    with pytest.raises(StartError, match=r"(?s)clumsy ended with exit code 1.*no disk"):
        process.wait_until(lambda: False, 10)


def test_a_child_that_hangs_says_so(tmp_path: Path) -> None:
    """A process that is not ready in time is reported as such."""
    process = spawn("slow", [sys.executable, "-c", SLEEPER], log=tmp_path / "log")
    try:
        with pytest.raises(StartError, match="slow was not ready"):
            process.wait_until(lambda: False, 0.05)
    finally:
        process.stop(by=signal.SIGKILL)


def test_ctrl_c_reaches_only_us(tmp_path: Path) -> None:
    """Children are outside of our process group, so that they end in the order that we choose."""
    process = spawn("child", [sys.executable, "-c", SLEEPER], log=tmp_path / "log")
    try:
        assert os.getpgid(process.pid) != os.getpgid(0)
    finally:
        process.stop(by=signal.SIGKILL)


def test_memory_counts_the_family(tmp_path: Path) -> None:
    """The memory of a process includes what its children hold."""
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[2], sys.argv[1]])"
    ready = tmp_path / "ready"
    process = spawn("parent", [sys.executable, "-c", parent, ready, HOLDER], log=tmp_path / "log")
    try:
        process.wait_until(ready.exists, 10)
        assert process.memory() > 40_000_000
    finally:
        process.stop(by=signal.SIGKILL)
    assert process.memory() == 0


def test_a_taken_port_is_passed_by() -> None:
    """The preferred port is given while it is free, another one while somebody listens on it."""
    wanted = free_port()
    assert free_port(wanted) == wanted
    with socket.create_server(("127.0.0.1", wanted)):
        assert free_port(wanted) != wanted
