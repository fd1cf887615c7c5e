"""Files of secrets that are changed by hand while processes read them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def changing(file: Path) -> Iterator[None]:
    """One change at a time: the next one begins with what this one has left."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write_whole(file: Path, text: str) -> None:
    """Whoever reads the file never sees half of it, also after a power cut; nobody but its owner may read a
    new one, and an old one keeps owner and rights."""
    file = file.resolve()
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(text)
            output.flush()
            _rights_of(file, draft)
            os.fsync(output.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    _fsync_folder(file.parent)


def _rights_of(file: Path, draft: Path) -> None:
    if file.exists():
        old = file.stat()
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(draft, old.st_uid, old.st_gid)
        shutil.copymode(file, draft)


def _fsync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
