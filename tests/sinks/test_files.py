"""The file sink."""

import json
from pathlib import Path

import pytest

from activities.billing.sinks.files import FileSink
from documents.html import to_html
from documents.pdf import to_pdf
from domain.errors import InvalidSpec, OwnershipConflict, Unavailable
from tests.documents.samples import PARIS_MIDNIGHT as TRIED
from tests.documents.samples import document, line


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_it_writes_all_three_and_again_the_same_bytes(tmp_path: Path) -> None:
    """Into a folder that need not be there yet; nothing else is left in it."""
    sink, one, folder = FileSink(tmp_path / "a" / "b"), document(), tmp_path / "a" / "b"
    assert sink.hand_on(one, TRIED) == "ACME-2024-000007.json"
    written = contents(folder)
    assert written == {
        "ACME-2024-000007.json": one.to_json(),
        "ACME-2024-000007.html": to_html(one).encode(),
        "ACME-2024-000007.pdf": to_pdf(one),
    }
    assert sink.hand_on(one, TRIED) == "ACME-2024-000007.json"
    assert contents(folder) == written


@pytest.mark.parametrize("kept", ["json", "html"])
def test_what_was_cut_off_is_completed(tmp_path: Path, kept: str) -> None:
    """Killed between two files, or in the middle of one: the next call makes all of them whole."""
    one = document()
    FileSink(tmp_path).hand_on(one, TRIED)
    whole = contents(tmp_path)
    for file in tmp_path.iterdir():
        if file.suffix not in {".json", f".{kept}"}:
            file.unlink()
    FileSink(tmp_path).hand_on(one, TRIED)
    assert contents(tmp_path) == whole


def test_nothing_half_written_is_seen_under_an_invoices_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails at the rename leaves neither a part nor a file; the error can be retried."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Unavailable, match="No space left"):
        FileSink(tmp_path).hand_on(document(), TRIED)
    assert contents(tmp_path) == {}


def test_another_invoice_under_the_number_is_left_as_it_is(tmp_path: Path) -> None:
    """Two issuers with one folder, or a number given twice: a person is told, nothing is overwritten."""
    FileSink(tmp_path).hand_on(document(), TRIED)
    before = contents(tmp_path)
    with pytest.raises(OwnershipConflict, match="holds another invoice"):
        FileSink(tmp_path).hand_on(document(lines=[line(amount=1)]), TRIED)
    assert contents(tmp_path) == before


def test_a_number_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    """Slashes become part of the name."""
    folder = tmp_path / "in" / "here"
    FileSink(folder).hand_on(document(number="../../2024/7"), TRIED)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(folder.iterdir())
    assert {json.loads(file.read_text())["number"] for file in folder.glob("*.json")} == {"../../2024/7"}


def test_what_no_later_try_can_mend_is_permanent(tmp_path: Path) -> None:
    """A number that is too long for a file's name, a folder that is a file: others need not wait for it."""
    with pytest.raises(InvalidSpec, match="name too long"):
        FileSink(tmp_path).hand_on(document(number="7" * 300), TRIED)
    (tmp_path / "file").touch()
    with pytest.raises(InvalidSpec, match="Not a directory"):
        FileSink(tmp_path / "file" / "folder").hand_on(document(), TRIED)


def test_a_draft_is_not_handed_on(tmp_path: Path) -> None:
    """It may still change."""
    with pytest.raises(InvalidSpec, match="draft"):
        FileSink(tmp_path).hand_on(document(status="draft", number=None, issue_date=None), TRIED)
