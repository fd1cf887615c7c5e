"""The ring of keys that a stack seals its payloads with."""

import stat
from pathlib import Path

from devstack.engine import make_key_ring
from runtime.ring_file import RingFile


def test_a_stack_has_a_key_of_its_own(tmp_path: Path) -> None:
    """The engine reads it, nobody else may, and no two stacks share one."""
    first, second = (make_key_ring(tmp_path / name) for name in ("one.json", "two.json"))
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert RingFile.read(first).writes == "devstack"
    assert RingFile.read(first).keys != RingFile.read(second).keys
