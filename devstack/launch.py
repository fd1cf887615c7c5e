"""Runs a program that dies with its parent: `python -I -S launch.py SIGNAL USER PARENT PROGRAM ARGUMENTS...`.

A script of its own, because forking a process with threads may only be followed by exec.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
SAME_USER = "-"


def main(arguments: list[str]) -> None:
    signal_number, user, parent, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if user != SAME_USER:
        _become(libc, pwd.getpwnam(user))
    if libc is not None:
        # After the change of user: that clears it.
        libc.prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent is gone already")
    os.execv(command[0], command)


def _become(libc: ctypes.CDLL | None, user: pwd.struct_passwd) -> None:
    """Drop root but, where the kernel lets us, keep the right to reach files below folders closed to others.

    Otherwise PostgreSQL, which refuses root, could not be run from a checkout in root's home.
    """
    if libc is not None:
        # Kept by the change of user then, and valid for access(2), with which initdb looks for its programs.
        libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if libc is not None:
        mask = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        # effective, permitted, inheritable; low words first, then high words.
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        if libc.capset(header, sets) == 0:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
