"""The folders of runs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devstack.state import RunFolder, current

OTHER_RUN = """
import sys, time, pathlib
from devstack.state import RunFolder

run = RunFolder(pathlib.Path(sys.argv[1])).make()
run.announce({"api": "http://127.0.0.1:1"})
print(run.path.name, flush=True)
time.sleep(600)
"""


def start_other_run(home: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_RUN, home], stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_living_run_is_left_alone_and_a_dead_one_removed(tmp_path: Path) -> None:
    """A new run keeps the folder of a run that is alive, and removes it once that was killed."""
    other, name = start_other_run(tmp_path)
    mine = RunFolder(tmp_path).make()
    assert (tmp_path / name).exists()
    other.kill()
    other.wait()
    assert (tmp_path / name).exists(), "a killed run cannot remove its folder"
    third = RunFolder(tmp_path).make()
    assert not (tmp_path / name).exists()
    mine.close()
    third.close()
    assert not list(tmp_path.glob("run-*"))


@pytest.mark.parametrize("reached", ["nothing", "home", "folder"])
def test_a_run_that_was_interrupted_while_its_folder_was_made_leaves_none(
    tmp_path: Path, reached: str
) -> None:
    """Ctrl-C can come at any line of `make`; closed, nothing is left of what it had done until then."""
    home = tmp_path / "home"
    run = RunFolder(home)
    if reached != "nothing":
        home.mkdir()
    if reached == "folder":
        run.path.mkdir()
    run.close()
    assert not list(tmp_path.glob("home/run-*"))


def test_the_current_run_is_found_while_it_lives(tmp_path: Path) -> None:
    """`current` gives what the latest run announced, and nothing after it was killed."""
    assert current(tmp_path) is None
    other, name = start_other_run(tmp_path)
    assert current(tmp_path) == {"api": "http://127.0.0.1:1", "run": name}
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    deadline = time.monotonic() + 5
    while current(tmp_path) is not None:
        assert time.monotonic() < deadline


def test_a_closed_run_takes_its_announcement_back(tmp_path: Path) -> None:
    """The first run that is up stays the one that is found; another can be announced once it has closed."""
    first, second = RunFolder(tmp_path).make(), RunFolder(tmp_path).make()
    assert first.announce({"api": "first"})
    assert not second.announce({"api": "second"})
    assert current(tmp_path) == {"api": "first", "run": first.path.name}
    first.close()
    first.close()
    assert current(tmp_path) is None
    assert second.announce({"api": "second"})
    second.close()
    assert current(tmp_path) is None
