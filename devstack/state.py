"""Where a stack keeps its files: one locked folder per run, so that runs never meet and none is left over."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

CURRENT = "current.json"
LOCK = "lock"
RUN_PREFIX = "run-"


class RunFolder:
    """A fresh folder below `home` that belongs to this process, from `make` until it closes it or dies."""

    def __init__(self, home: Path) -> None:
        self.path = home / f"{RUN_PREFIX}{secrets.token_hex(4)}"
        self._lock: BinaryIO | None = None

    def make(self) -> Self:
        """Also removes the folders of runs that have died. Interrupted at any point, `close` tidies up."""
        home = self.path.parent
        home.mkdir(parents=True, exist_ok=True)
        with _guard(home):
            for left in home.glob(f"{RUN_PREFIX}*"):
                if not _alive(left):
                    shutil.rmtree(left, ignore_errors=True)
            self.path.mkdir()
            self._lock = (self.path / LOCK).open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self

    def announce(self, facts: dict[str, Any]) -> bool:
        """Make this run the one that `current` finds; False if another that runs is found already."""
        home = self.path.parent
        with _guard(home):
            found = _read(home / CURRENT).get("run")
            if found and found != self.path.name and _alive(home / found):
                return False
            _write_whole(home / CURRENT, json.dumps({**facts, "run": self.path.name}, indent=2))
        return True

    def close(self) -> None:
        """Remove the folder. Closing twice is fine, and so is closing what was never made."""
        home = self.path.parent
        if not home.exists():
            return
        with _guard(home):
            if _read(home / CURRENT).get("run") == self.path.name:
                (home / CURRENT).unlink()
            shutil.rmtree(self.path, ignore_errors=True)
            if self._lock:
                self._lock.close()


def current(home: Path) -> dict[str, Any] | None:
    """What the announced run said of itself; None if there is none or it has ended."""
    facts = _read(home / CURRENT)
    run = facts.get("run")
    return facts if run and _alive(home / run) else None


def _alive(run: Path) -> bool:
    try:
        with (run / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def _guard(home: Path) -> Iterator[None]:
    """One process at a time makes, removes or announces folders: a new one is not yet locked for a moment."""
    with (home / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        facts = json.loads(path.read_text())
        if isinstance(facts, dict):
            return facts
    return {}


def _write_whole(path: Path, text: str) -> None:
    """Whoever reads the file never sees half of it; only we may, as there is a key in it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.rename(path)
