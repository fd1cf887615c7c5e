"""How a process of ours begins to serve, and how it ends."""

import ctypes
import gc
import os
import sys
from typing import NoReturn


def leave(code: int = 0) -> NoReturn:
    """End at once, with everything printed that was written.

    The SDK's native threads may call into an interpreter that is shutting down, which then aborts with
    `PyGILState_Release` and a wrong exit code (seen in 2 of 14 set-up runs, temporalio 1.35.0).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


M_ARENA_MAX = -8
"""As in glibc's malloc.h."""
ARENAS = 2


def share_arenas() -> None:
    """Call before there are threads: they would get up to eight heaps a core, which keep what they once took.

    Does nothing where the C library is not glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)


def settle() -> None:
    """Call once everything is loaded: the collector then walks only what comes later, and less often.

    What is imported stays for good; walking it again and again cost a tenth of a worker's time.
    """
    gc.collect()
    gc.freeze()
    # Else the oldest are collected only once they are a quarter of what is frozen.
    gc.collect()
    # A run that is open during a collection of the middle ones counts as old, and leaves garbage in cycles:
    # 3 MB each time, measured, which only a collection of the oldest gives back.
    gc.set_threshold(20_000, 10, 1)
