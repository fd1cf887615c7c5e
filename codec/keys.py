"""Turning the key ring: a key is added, then written with, and dropped when nothing needs it any more."""

import os
from dataclasses import replace
from pathlib import Path

from codec.files import changing, write_whole
from runtime.key_ring import KEY_BYTES
from runtime.kms import Kms
from runtime.ring_file import KEY_ID, HeldKey, RingFile, WrongKeyRing


def add_key(file: Path, key_id: str, kms_key: str | None, kms: Kms) -> str:
    """Returns what is to be done next. Raises WrongKeyRing."""
    if not KEY_ID.fullmatch(key_id):
        raise WrongKeyRing("ids of keys are up to 64 letters, digits, '.', '_' and '-'")
    with changing(file):
        ring = RingFile.read(file) if file.exists() else RingFile(None, {})
        if key_id in ring.keys:
            raise WrongKeyRing(f"{file}: has a key '{key_id}' already; a key is never replaced")
        made = HeldKey("kms", kms.wrapped(key_id, kms_key)) if kms_key else _new_key()
        write_whole(file, replace(ring, keys={**ring.keys, key_id: made}).text())
    return f"'{key_id}' reads; once every process has started with this file: keys write {key_id}"


def write_with(file: Path, key_id: str) -> str:
    """Returns what is to be done next. Raises WrongKeyRing."""
    with changing(file):
        ring = _having(file, key_id)
        write_whole(file, replace(ring, writes=key_id).text())
    return (
        f"'{key_id}' writes from each process's next start on; after the last one, `python -m worker setup` "
        "seals the schedules anew"
    )


def drop_key(file: Path, key_id: str) -> str:
    """Returns what is to be done next. Raises WrongKeyRing."""
    with changing(file):
        ring = _having(file, key_id)
        if ring.writes == key_id:
            raise WrongKeyRing(f"{file}: '{key_id}' writes: only a key that no longer does can go")
        kept = {name: held for name, held in ring.keys.items() if name != key_id}
        write_whole(file, replace(ring, keys=kept).text())
    return f"'{key_id}' is gone; what it sealed can be read by nobody who has no other copy of it"


def _having(file: Path, key_id: str) -> RingFile:
    ring = RingFile.read(file)
    if key_id not in ring.keys:
        raise WrongKeyRing(f"{file}: has no key '{key_id}', only {', '.join(ring.keys)}")
    return ring


def _new_key() -> HeldKey:
    return HeldKey("key", os.urandom(KEY_BYTES))
