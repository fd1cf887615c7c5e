"""Letters for names in any script: fonts that come in packages, each loaded only where a text needs it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from unicodedata import category

from fontTools.ttLib import TTFont

UNKNOWN = "\ufffd"
"""Drawn for letters that no font has."""
VARIATION_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))


@dataclass(frozen=True)
class Face:
    family: str
    file: Path


@cache
def faces() -> tuple[Face, ...]:
    """In the order in which they are asked: the one that everything else is set in comes first."""
    noto = sorted(_folder("manimgx_fonts").glob("Noto*.ttf"))
    upright = {file.name.partition("[")[0]: file for file in noto if "Italic" not in file.name}
    first, last = "NotoSans", "NotoEmoji"
    rest = [name for name in upright if name not in {first, last}]
    cjk = _folder("noto_cjk_sans_jp_regular") / "NotoSansCJKjp-Regular.otf"
    return (
        *(Face(name, upright[name]) for name in (first, *rest)),
        Face("NotoSansCJK", cjk),
        Face(last, upright[last]),
    )


def faces_for(texts: Iterable[str]) -> tuple[Face, ...]:
    """The first face, and those that have what the faces before them lack."""
    missing = {ord(char) for text in texts for char in text}
    return tuple(_that_help(missing))


def drawable(text: str) -> str:
    """The text with a sign in place of each letter that no font has; what is never seen is left out."""
    if not _lacking({ord(char) for char in text}, faces()[0]):
        return text
    return "".join(char if _has(ord(char)) else "" if _is_unseen(char) else UNKNOWN for char in text)


def _that_help(missing: set[int]) -> Iterator[Face]:
    for place, face in enumerate(faces()):
        if place and not missing:
            return
        lacking = _lacking(missing, face)
        if not place or len(lacking) < len(missing):
            yield face
        missing = lacking


def _has(char: int) -> bool:
    return any(char in _covered(face) for face in faces())


def _is_unseen(char: str) -> bool:
    """Joiners and the like, and what chooses between two forms of a letter."""
    return category(char) == "Cf" or char in VARIATION_SELECTORS


def _lacking(chars: set[int], face: Face) -> set[int]:
    return chars - _covered(face)


@cache
def _covered(face: Face) -> frozenset[int]:
    with TTFont(face.file, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _folder(package: str) -> Path:
    """Packages are installed as files: fonts are read by path."""
    return Path(str(files(package)))
