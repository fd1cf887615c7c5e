"""Invoices as PDF, read back as text."""

import io
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from documents.html import to_html
from documents.pdf import to_pdf
from domain.billing.document import InvoiceDocument
from runtime.settings import ROOT
from tests.documents.samples import PARIS_MIDNIGHT, correction, document, line, played_documents

# One name from each of many scripts; the last ones have no letters in any font that comes along.
NAMES = (
    "Überschall|Λάμδα|Пример|株式会社東京|한국어|汉字|مرحبا بالعالم|שלום|नमस्ते क्षत्रिय|สวัสดี|ქართული|🎉|ꦗꦮ|𓀀"
).split("|")


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def words(text: str) -> str:
    """Without the ends of lines, which depend on the width of a column."""
    return " ".join(text.split())


def test_every_line_is_there_with_its_arithmetic_and_the_total() -> None:
    """Golden: for every invoice of the examples in docs/billing.md, what is on paper is what was rated."""
    for one in played_documents():
        text = words(" ".join(pages(to_pdf(one))))
        for entry in one.lines:
            assert words(entry.description) in text
            assert entry.corrects is None or f"corrects {entry.corrects}" in text
        total = "Total in your favour" if one.total_minor < 0 else "Total"
        assert total in text
        assert one.number is None or one.number in text


def test_what_is_on_one_page() -> None:
    """The whole text of a small credit note, as a person reads it."""
    text = words(pages(to_pdf(correction()))[0])
    for part in (
        "Credit note",
        "Acme Tenancies SAS 12 rue de la Paix 75002 Paris France Tax id FR 40 303 265 045",
        "Bird & Sons Ltd money@bird.example Customer cust-7",
        "ACME-2024-000007",
        "correction, €4.00 instead of €8.00: calls: 2 packages of 10 × €2.00",
        "corrects calls/2024-01-01T00:00:00Z/1",
        "Total in your favour -€4.00",
        "Dates and times are those of Europe/Paris",
        "Page 1 of 1",
    ):
        assert part in text


def placed(pdf: bytes) -> list[tuple[float, float, str]]:
    """Of the first page, what is drawn where: from the left, from below."""
    found: list[tuple[float, float, str]] = []

    def note(text: str, _: object, matrix: list[float], *more: object) -> None:
        if text.strip():
            found.append((round(matrix[4]), round(matrix[5]), text.strip()))

    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=note)
    return found


def test_a_reason_from_right_to_left_takes_no_amount_along() -> None:
    """The amount stays in its sentence; the reason is below, each word left of the one before."""
    said = "credit for שלום 2024 עולם: -€5.00"
    given = line(key="credit.1/2024-01-01T00:00:00Z/credit", description=said)
    drawn = placed(to_pdf(document(lines=[given])))
    ((_, top, _),) = [one for one in drawn if one[2] == "credit: -€5.00"]
    words_of_it = [text for _, height, text in drawn if top - 15 < height < top and text[0] != "c"]
    assert words_of_it == ["עולם", "2024", "שלום"]


def test_long_quantities_and_instants_keep_their_columns() -> None:
    """A quantity of twelve decimals is one line, an instant two, and neither reaches into the next column."""
    begin = PARIS_MIDNIGHT.replace(hour=8, minute=5, second=7, microsecond=250_000)
    one = line(quantity="-35.483870967742", amount=-123_456_789) | {"from": begin}
    drawn = placed(to_pdf(document(lines=[one])))
    ((at, below),) = [(x, y) for x, y, text in drawn if text == "-35.483870967742"]
    ((amount, beside),) = [(x, y) for x, y, text in drawn if text == "-€1,234,567.89" and x < 540 and y > 580]
    assert below == beside
    assert at < amount
    assert [text for x, y, text in drawn if x < 60 and below - 15 < y <= below] == ["2023-12-31", "09:05:07"]


def test_each_of_many_pages_has_the_head_of_the_table() -> None:
    """Also where one row alone is longer than a page; the last page has the total and each its number."""
    lines = [line(place, description=f"line {place}") for place in range(60)]
    lines.append(line(60, description="word " * 1500))
    found = [words(text) for text in pages(to_pdf(document(lines=lines)))]
    assert len(found) > 3
    for number, text in enumerate(found, start=1):
        assert "From To What Quantity Amount" in text
        assert f"Page {number} of {len(found)}" in text
    assert "Total €6,100.00" in found[-1]


def test_drafts_are_marked() -> None:
    """Nobody pays one by mistake."""
    draft = document(status="draft", number=None, issue_date=None)
    assert "Draft: not due" in pages(to_pdf(draft))[0]
    assert "Draft" not in pages(to_pdf(document()))[0]


def test_the_same_document_gives_the_same_bytes_in_another_process() -> None:
    """Whatever was drawn before, and whatever the hash seed: nothing of now or of chance is in it."""
    one = document(customer_name=" ".join(NAMES[:3]))
    program = (
        "import sys;"
        "from domain.billing.document import InvoiceDocument as D;"
        "from documents.pdf import to_pdf;"
        "sys.stdout.buffer.write(to_pdf(D.model_validate_json(sys.stdin.buffer.read())))"
    )
    again = subprocess.run(
        [sys.executable, "-c", program], input=one.to_json(), capture_output=True, check=True, cwd=ROOT
    )
    assert again.stdout == to_pdf(one) == to_pdf(one)


@pytest.mark.parametrize("name", NAMES[:3])
def test_names_in_letters_with_an_order_of_their_own_can_be_copied_out(name: str) -> None:
    """Text, not pictures of it."""
    assert name in pages(to_pdf(document(customer_name=name)))[0]


def test_names_in_any_script_are_drawn() -> None:
    """With the fonts that have them; a letter that none has becomes a sign, and costs nobody the invoice."""
    one = document(customer_name=" ".join(NAMES))
    assert len(pages(to_pdf(one))) == 1


def test_what_is_never_seen_is_not_drawn_as_unknown() -> None:
    """Joiners and variation selectors of emoji, ends of lines, and what would turn digits around."""
    text = pages(to_pdf(document(customer_name="A\ufe0f\u2060\ufe0a\U000e0041B\u202e\u0000C\u2028D")))[0]
    assert "AB C D" in text.translate({ord(char): None for char in "\ufe0f\u2060\u2064"})
    assert "\ufffd" not in text


NAME = st.text(max_size=40)


@st.composite
def documents(draw: st.DrawFn) -> InvoiceDocument:
    lines = [
        line(place, draw(st.integers(-(10**13), 10**13)), description=draw(st.text(max_size=80)))
        for place in range(draw(st.integers(0, 4)))
    ]
    return document(
        lines=lines,
        customer={"id": draw(NAME.filter(bool)), "name": draw(NAME), "email": draw(st.none() | NAME)},
        tenant={"id": "t", "slug": draw(NAME.filter(bool))},
        issuer={"name": draw(NAME.filter(bool)), "address": draw(st.lists(NAME, max_size=3)), "tax_id": None},
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD", "CHF", "INR"])),
        time_zone=draw(st.sampled_from(["UTC", "Asia/Kathmandu", "America/Juneau"])),
    )


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(one=documents())
def test_no_document_breaks_it(one: InvoiceDocument) -> None:
    """Any letters, any amounts, empty names, no lines."""
    assert to_pdf(one).startswith(b"%PDF-")
    assert to_html(one).endswith("</html>\n")
