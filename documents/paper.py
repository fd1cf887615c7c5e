"""Sheets of A4 on which an invoice is drawn from top to bottom; the head of the table is on each."""

from collections.abc import Sequence
from datetime import datetime

from documents.fonts import Face, drawable
from documents.sheet import GAP, INK, LINE, MARGIN, SIZE, SMALL, SOFT, WIDTH, Sheet
from documents.shown import HEADINGS, Row, Shown

PLAIN, CREDIT, DRAFT = (35, 82, 124), (45, 106, 79), (138, 90, 0)
"""As in invoice.html.j2."""
COLUMNS = (23, 23, 78, 32, 26)
ALIGNED = ("L", "L", "L", "R", "R")
WHAT = 2
LARGEST_UNBROKEN = 120
"""Millimetres; a row that is taller is broken over two pages."""


class Paper(Sheet):
    def __init__(self, faces: Sequence[Face], invoice: Shown, made: datetime) -> None:
        super().__init__(faces)
        self._invoice = invoice
        self._accent = DRAFT if invoice.mark else CREDIT if invoice.is_credit else PLAIN
        self._in_table = False
        self._name = dict(invoice.facts).get("Number", dict(invoice.facts)["Reference"])
        self.set_creation_date(made)
        self.set_producer("Tenantry")
        self.set_lang("en")
        self.set_title(f"{invoice.title} {self._name}")

    def draw(self) -> None:
        self.add_page()
        self._head()
        self._sides()
        self._table()
        self._total()
        self._notes()

    def header(self) -> None:
        if self._in_table:
            self._table_head()

    def footer(self) -> None:
        self.set_y(-MARGIN)
        self.use(SOFT)
        self.set_font_size(SMALL)
        self.cell(WIDTH, 4, drawable(f"{self._invoice.title} {self._name}"))
        self.set_x(MARGIN)
        self.cell(WIDTH, 4, f"Page {self.page_no()} of {{nb}}", align="R")

    def _head(self) -> None:
        self.use(self._accent)
        self.put(self._invoice.title, size=20, strong=True)
        if self._invoice.mark:
            self.ln(GAP)
            self.set_draw_color(self._accent)
            self.put(self._invoice.mark, size=10, border=1, height=8)
        self.ln(5)

    def _sides(self) -> None:
        top, third = self.get_y(), WIDTH // 3
        lowest = top
        blocks = (("From", self._invoice.issuer), ("To", self._invoice.customer))
        for place, (label, lines) in enumerate(blocks):
            self.set_xy(MARGIN + place * third, top)
            self.put_small(label, third - GAP)
            for number, line in enumerate(lines):
                self.use(INK)
                self.put(line, width=third - GAP, strong=not number)
            lowest = max(lowest, self.get_y())
        self.set_xy(MARGIN + 2 * third, top)
        for name, value in self._invoice.facts:
            self.put_small(name, third)
            self.use(INK)
            self.put(value, width=third)
        self.set_xy(MARGIN, max(lowest, self.get_y()) + 6)

    def _table(self) -> None:
        self._table_head()
        self._in_table = True
        for row in self._invoice.rows:
            self._row(row)
        self._in_table = False

    def _table_head(self) -> None:
        self.use(SOFT)
        self.set_font_size(8)
        for heading, width, align in zip(HEADINGS, COLUMNS, ALIGNED, strict=True):
            self.cell(width, 5, heading, align=align)
        self.ln(5)
        self.put_rule(self._accent)
        self.use(INK)
        self.set_font_size(SIZE)

    def _row(self, row: Row) -> None:
        cells = (row.begin, row.end, row.what, row.quantity, row.amount)
        height = self._row_height(cells, row)
        if height < LARGEST_UNBROKEN and self.will_page_break(height):
            self.add_page()
        top, page, lowest = self.get_y(), self.page, self.get_y()
        self.use(INK)
        for place in (0, 1, 3, 4):
            self.set_xy(MARGIN + sum(COLUMNS[:place]), top)
            self.put(cells[place], width=COLUMNS[place] - (GAP if place < WHAT else 0), align=ALIGNED[place])
            lowest = max(lowest, self.get_y())
        self.set_xy(MARGIN + sum(COLUMNS[:WHAT]), top)
        for text in filter(None, (row.what, row.reason)):
            self.put(text, width=COLUMNS[WHAT])
        for text in row.small:
            self.put_small(text, COLUMNS[WHAT])
        self.set_xy(MARGIN, (max(lowest, self.get_y()) if self.page == page else self.get_y()) + 1)
        self.put_rule(LINE)

    def _row_height(self, cells: Sequence[str], row: Row) -> float:
        """In millimetres, with the rule below."""
        heights = [self.height_of(text, width, SIZE) for text, width in zip(cells, COLUMNS, strict=True)]
        if row.reason:
            heights[WHAT] += self.height_of(row.reason, COLUMNS[WHAT], SIZE)
        heights[WHAT] += sum(self.height_of(text, COLUMNS[WHAT], SMALL) for text in row.small)
        return max(heights) + 3

    def _total(self) -> None:
        if self.will_page_break(14):
            self.add_page()
        self.put_rule(self._accent)
        self.use(INK)
        top = self.get_y() + 1
        self.set_xy(MARGIN, top)
        self.put(self._invoice.total_label, width=WIDTH // 2, size=12, strong=True)
        self.set_xy(MARGIN + WIDTH // 2, top)
        self.put(self._invoice.total, width=WIDTH // 2, size=12, strong=True, align="R")
        self.set_x(MARGIN)

    def _notes(self) -> None:
        self.ln(5)
        for note in self._invoice.notes:
            self.put_small(note, WIDTH)
