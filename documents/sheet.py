"""A sheet of A4, and how text is set on it. Lengths are in millimetres, sizes of letters in points."""

from collections.abc import Sequence
from typing import Literal

from fpdf import FPDF
from fpdf.enums import TextMode, XPos, YPos

from documents.fonts import Face, drawable

INK, SOFT, LINE = (29, 39, 51), (102, 113, 125), (213, 219, 225)
MARGIN, BOTTOM, WIDTH = 14, 18, 182
SIZE, SMALL = 9, 7
GAP = 2

Color = tuple[int, int, int]


class Sheet(FPDF):
    def __init__(self, faces: Sequence[Face]) -> None:
        super().__init__()
        self._set_letters(faces)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=BOTTOM)

    def _set_letters(self, faces: Sequence[Face]) -> None:
        for face in faces:
            self.add_font(face.family, fname=face.file)
        first, *others = (face.family for face in faces)
        self.set_font(first, size=SIZE)
        if others:
            self.set_fallback_fonts(others, exact_match=False)
            # Arabic letters join and Indic ones change places; Latin ones need none of it.
            self.set_text_shaping(use_shaping_engine=True)

    def put_small(self, text: str, width: int) -> None:
        self.use(SOFT)
        self.put(text, width=width, size=SMALL)

    def put(
        self,
        text: str,
        *,
        width: int = WIDTH,
        size: int = SIZE,
        align: str = "L",
        strong: bool = False,
        border: Literal[0, 1] = 0,
        height: int | None = None,
    ) -> None:
        """Broken into lines where it must be; the next text comes below, at the same left edge."""
        self.set_font_size(size)
        mode = TextMode.FILL_STROKE if strong else TextMode.FILL
        with self.local_context(text_mode=mode, line_width=size / 180):
            self.multi_cell(
                width,
                height or _line_height(size),
                drawable(text),
                align=align,
                border=border,
                new_x=XPos.LEFT,
                new_y=YPos.NEXT,
            )
        self.set_font_size(SIZE)

    def height_of(self, text: str, width: int, size: int) -> float:
        self.set_font_size(size)
        found = self.multi_cell(
            width - GAP, _line_height(size), drawable(text), dry_run=True, output="HEIGHT"
        )
        self.set_font_size(SIZE)
        return found if isinstance(found, float) else _line_height(size)

    def put_rule(self, color: Color) -> None:
        self.set_draw_color(color)
        self.set_line_width(0.3)
        self.line(MARGIN, self.get_y(), MARGIN + WIDTH, self.get_y())
        self.set_y(self.get_y() + 1)

    def use(self, color: Color) -> None:
        self.set_text_color(color)
        self.set_draw_color(color)


def _line_height(size: int) -> float:
    """In millimetres; sizes are in points."""
    return size * 0.48
