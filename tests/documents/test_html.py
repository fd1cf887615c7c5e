"""Invoices as HTML."""

import re
from html.parser import HTMLParser

import pytest

from documents.html import to_html
from tests.documents.samples import PARIS_MIDNIGHT, correction, document, line, played_documents

HOSTILE = """<script>alert(1)</script>"><img src=x onerror='alert(2)'>{{ 7*7 }}&amp;"""


class Reader(HTMLParser):
    """Elements, attributes and text, as a browser takes them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_is_hostile_in_names_stays_text() -> None:
    """Names of customers, tenants and issuers, and reasons of credits, make no element and no attribute."""
    plain = Reader(to_html(document()))
    hostile = document(
        customer={"id": HOSTILE, "name": HOSTILE, "email": HOSTILE},
        tenant={"id": HOSTILE, "slug": HOSTILE},
        issuer={"name": HOSTILE, "address": ["12 rue de la Paix", "75002 Paris", HOSTILE], "tax_id": HOSTILE},
        number=HOSTILE,
        lines=[line(description=HOSTILE)],
    )
    read = Reader(to_html(hostile))
    assert (read.tags, read.attributes) == (plain.tags, plain.attributes)
    assert read.text.count(HOSTILE) >= 9


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No script, no image, no address: it looks the same on a machine without a network, for ever."""
    html = to_html(document())
    assert not set(Reader(html).tags) & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?:|//|url\(|@import", html)


def test_every_line_is_there_with_its_arithmetic() -> None:
    """For every invoice of the examples: descriptions, keys, corrections, and the total."""
    for one in played_documents():
        text = Reader(to_html(one)).text
        for entry in one.lines:
            assert entry.description in text
            assert entry.key in text
            assert entry.corrects is None or f"corrects {entry.corrects}" in text


def test_drafts_and_credit_notes_are_not_taken_for_invoices() -> None:
    """A draft says so; a credit note is called one and says in whose favour it is."""
    draft = to_html(document(status="draft", number=None, issue_date=None))
    assert "Draft: not due" in draft
    assert "Draft" not in to_html(document())
    credit = Reader(to_html(correction())).text
    assert "Credit note" in credit
    assert "Total in your favour" in credit
    assert "-€4.00" in credit


@pytest.mark.parametrize(("reason", "apart"), [("שלום 2024", True), ("مرحبا 2024", True), ("outage", False)])
def test_a_reason_from_right_to_left_takes_no_amount_along(reason: str, apart: bool) -> None:
    """It has a line and a direction of its own; any other stays within the sentence."""
    given = line(key="credit.1/2024-01-01T00:00:00Z/credit", description=f"credit for {reason}: -€5.00")
    html = to_html(document(lines=[given]))
    assert (f'<bdi>credit: -€5.00</bdi><div dir="auto">{reason}</div>' in html) is apart
    assert (f"<bdi>credit for {reason}: -€5.00</bdi>" in html) is not apart


def test_long_words_keep_their_column() -> None:
    """Names, descriptions and keys may be broken anywhere; of an instant only between date and time."""
    begin = PARIS_MIDNIGHT.replace(hour=8, minute=5, second=7, microsecond=250_000)
    html = to_html(document(lines=[line() | {"from": begin}]))
    style = html[html.index("<style>") : html.index("</style>")]
    broken = {rule for rule in style.splitlines() if "overflow-wrap: anywhere" in rule}
    assert {word for rule in broken for word in re.findall(r"\.side|dd|td bdi|small", rule)} == {
        ".side",
        "dd",
        "td bdi",
        "small",
    }
    assert '<td class="when"><span>2023-12-31</span> <span>09:05:07</span> </td>' in html
    assert ".when span { white-space: nowrap; }" in style


def test_dates_are_those_of_the_time_zone() -> None:
    """Midnight in Paris is a date there, whatever it is in UTC; other times are shown as times."""
    paris = Reader(to_html(document())).text
    assert "2024-01-01 to 2024-02-01" in paris
    utc = Reader(to_html(document(time_zone="UTC"))).text
    assert "2023-12-31 23:00 to 2024-01-31 23:00" in utc


def test_the_same_document_gives_the_same_page() -> None:
    """To the character."""
    assert to_html(document()) == to_html(document())
