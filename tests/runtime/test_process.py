"""What a process does before it serves."""

import subprocess
import sys
from ctypes.util import find_library

import pytest

from runtime.settings import ROOT

HEAPS_OF_TWENTY_THREADS = """
import ctypes, os, threading
from runtime.process import share_arenas

share_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
together = threading.Barrier(20)

def take():
    together.wait()
    libc.malloc(5000)
    together.wait()

threads = [threading.Thread(target=take) for _ in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
read, write = os.pipe()
told = ctypes.c_void_p(libc.fdopen(write, b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
print(os.read(read, 1_000_000).decode().count("<heap nr"))
"""


@pytest.mark.skipif(find_library("c") != "libc.so.6", reason="only glibc has arenas to share")
def test_threads_share_two_heaps() -> None:
    """However many there are; without it, twenty threads take sixteen on two cores."""
    command = [sys.executable, "-c", HEAPS_OF_TWENTY_THREADS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "2"


GARBAGE_THAT_GREW_OLD = """
import gc, weakref
from runtime.process import settle

class Run:
    pass

settle()
run = Run()
run.itself = run
gc.collect(1)
kept = weakref.ref(run)
del run
for _ in range(1_000_000):
    ring = []
    ring.append(ring)
    if kept() is None:
        break
print(kept())
"""


def test_garbage_that_outlived_young_collections_is_soon_collected() -> None:
    """As of a run that was open while the collector worked; the loop leaves as much as some 1,500 runs."""
    command = [sys.executable, "-c", GARBAGE_THAT_GREW_OLD]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "None"
