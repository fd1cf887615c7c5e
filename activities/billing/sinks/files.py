"""Invoices as files in a folder: `<number>.json`, `.html` and `.pdf`."""

import os
from contextlib import suppress
from datetime import datetime
from errno import ENAMETOOLONG, ENOTDIR
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import quote

from documents.html import to_html
from documents.pdf import to_pdf
from domain.billing.document import InvoiceDocument
from domain.errors import InvalidSpec, OwnershipConflict, Unavailable

READABLE = 0o644
NEVER = frozenset({ENAMETOOLONG, ENOTDIR})
"""What no later try can mend without a person."""


class FileSink:
    """Each file is there whole or not at all; the PDF comes last, so where it is, all are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hand_on(self, document: InvoiceDocument, first_tried: datetime) -> str:  # noqa: ARG002 - a file is seen by looking
        if document.number is None:
            raise InvalidSpec(f"invoice {document.id} is a draft: only final ones are handed on")
        stem = self._folder.joinpath(quote(document.number, safe=" "))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._refuse_others(stem.with_name(f"{stem.name}.json"), document)
            for ending, content in (
                ("json", document.to_json()),
                ("html", to_html(document).encode()),
                ("pdf", to_pdf(document)),
            ):
                _write(stem.with_name(f"{stem.name}.{ending}"), content)
        except OSError as error:
            text = f"invoice {document.number} cannot be written to {self._folder}: {error}"
            raise (InvalidSpec if error.errno in NEVER else Unavailable)(text) from error
        return f"{stem.name}.json"

    def _refuse_others(self, file: Path, document: InvoiceDocument) -> None:
        with suppress(FileNotFoundError):
            if file.read_bytes() != document.to_json():
                raise OwnershipConflict(f"{file} holds another invoice; it is left as it is")


def _write(file: Path, content: bytes) -> None:
    """Under another name first: whoever looks, and a power cut, finds the whole file or none."""
    with NamedTemporaryFile(dir=file.parent, prefix=".", suffix=".part", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).chmod(READABLE)
            Path(part.name).replace(file)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
