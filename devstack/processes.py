"""Child processes that leave nothing behind: they die with us, and stop in time or are killed."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil

LAUNCHER = Path(__file__).with_name("launch.py")
SAME_USER = "-"
# Below the range that the kernel takes client ports from: a connection made between our look and the
# server's bind cannot take the port away.
PORTS = range(15_000, 32_000)
PORT_TRIES = 3
LOG_TAIL_LINES = 25

# A parent-death signal is sent when the *thread* that forked ends; this one lives as long as the process.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


class StartError(Exception):
    """A server did not come up; the message ends with the tail of its log."""


class Process:
    """A running child. `name` is what errors and measurements call it."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Return once `ready` says so. Raises StartError if the process ends or `timeout` s pass."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.running:
                raise StartError(self._failure(f"ended with exit code {self._popen.returncode}"))
            if time.monotonic() > deadline:
                raise StartError(self._failure(f"was not ready after {timeout:.0f} s"))
            time.sleep(0.01)

    def wait(self, timeout: float) -> int:
        """Exit code. Raises StartError if it takes longer than `timeout` seconds."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise StartError(self._failure(f"did not end within {timeout:.0f} s")) from None

    def check(self, timeout: float) -> None:
        """Wait for a program that ends by itself. Raises StartError unless it ends well."""
        code = self.wait(timeout)
        if code:
            raise StartError(self._failure(f"ended with exit code {code}"))

    def ask_to_end(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Only ask, so that several may end at the same time; `stop` waits."""
        self._popen.send_signal(by)

    def stop(self, timeout: float = 10, *, by: signal.Signals = signal.SIGTERM) -> None:
        """Ask to end, then kill what is left of its process group. Stopping twice is fine."""
        if self.running:
            self.ask_to_end(by)
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def memory(self) -> int:
        """Resident bytes of the process and its descendants, shared pages counted once."""
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        return sum(_resident(member) for member in family)

    def log_tail(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        except OSError:
            return ""

    def _failure(self, what: str) -> str:
        return f"{self.name} {what}; its last words:\n{self.log_tail() or '(none)'}"


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str = SAME_USER,
    death_signal: signal.Signals = signal.SIGKILL,
) -> Process:
    """Start `command` (an absolute path and arguments) in a process group of its own, its output in `log`.

    `env` is the whole environment; none inherits ours. The child gets `death_signal` when we end, however.
    """
    launch = [
        *(sys.executable, "-I", "-S", LAUNCHER),
        *(str(death_signal.value), user, str(os.getpid())),
        *command,
    ]

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                launch,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                process_group=0,
            )

    return Process(name, _spawner.submit(start).result(), log)


def free_port(preferred: int | None = None) -> int:
    """A TCP port of the loopback interface that nobody listens on: the preferred one if it is free."""
    candidates = random.sample(PORTS, 50)
    if preferred is not None:
        candidates.insert(0, preferred)
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise StartError("no free TCP port on 127.0.0.1")


def on_free_ports(start: Callable[[], None]) -> None:
    """Calls `start`, which chooses and binds ports, anew while others are faster. Raises StartError."""
    for _ in range(PORT_TRIES - 1):
        try:
            return start()
        except StartError as error:
            if "address already in use" not in str(error).lower():
                raise
    return start()


def accepts_connections(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        try:
            return int(process.memory_full_info().pss)
        except (psutil.AccessDenied, AttributeError):
            return int(process.memory_info().rss)
    return 0
