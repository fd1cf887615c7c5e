"""Imported by the process that workers are forked from: it does not outlive the lane that started it."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """The kernel kills this process when its parent is gone, however that ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


if sys.argv[:1] == ["-c"]:  # how multiprocessing starts that process
    die_with_parent()
