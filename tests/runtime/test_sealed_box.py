"""What is sealed for one key can be opened with it, for what it was sealed for, and in no other way."""

from base64 import b64decode, b64encode

import pytest

from runtime.sealed_box import Receiver, SealBroken, public_key_problem, seal

SECRET = "a token"


def test_only_the_receiver_opens_it() -> None:
    """Another key, another purpose, or one bit that was changed: nothing comes out."""
    receiver = Receiver.new()
    sealed = seal(SECRET, receiver.public_key, "kubernetes ag1")
    assert receiver.open(sealed, "kubernetes ag1") == SECRET
    assert SECRET.encode() not in b64decode(sealed)
    changed = bytearray(b64decode(sealed))
    changed[-1] ^= 1
    for whose, what, purpose in (
        (Receiver.new(), sealed, "kubernetes ag1"),
        (receiver, sealed, "kubernetes ag2"),
        (receiver, b64encode(changed).decode(), "kubernetes ag1"),
        (receiver, "", "kubernetes ag1"),
    ):
        with pytest.raises(SealBroken):
            whose.open(what, purpose)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "not base64 at all!", "ÄÄÄÄ", "A" * 60])
def test_what_is_no_public_key_is_named(text: str) -> None:
    """Before anything is asked of a cluster."""
    assert public_key_problem(text)
    assert public_key_problem(Receiver.new().public_key) is None
