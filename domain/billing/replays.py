"""An invoice beside what rating says of the same closing now."""

from collections.abc import Iterable

from domain.billing.document import DocumentLine, DocumentPart, InvoiceDocument
from domain.billing.ledger import InvoiceLine


class LineDifference(DocumentPart):
    """A line that is not as it was issued; null where there is none on that side."""

    key: str
    issued: DocumentLine | None
    rated: DocumentLine | None


class Replay(DocumentPart):
    number: str
    same: bool
    differences: tuple[LineDifference, ...]
    """Between what was issued and the same rated again from what was known then: there must be none."""
    to_come: tuple[DocumentLine, ...] | None = None
    """What all that is known now would correct, and no invoice has yet; only if it was asked for."""

    @classmethod
    def of(
        cls, issued: InvoiceDocument, rated: Iterable[InvoiceLine], to_come: Iterable[InvoiceLine] | None
    ) -> "Replay":
        def said(lines: Iterable[InvoiceLine]) -> tuple[DocumentLine, ...]:
            return tuple(DocumentLine.of(line, issued.meters) for line in lines)

        found = differences(issued.lines, said(rated))
        return cls(
            number=issued.number or issued.id,
            same=not found,
            differences=found,
            to_come=None if to_come is None else said(to_come),
        )


def differences(issued: Iterable[DocumentLine], rated: Iterable[DocumentLine]) -> tuple[LineDifference, ...]:
    then, now = ({line.key: line for line in lines} for lines in (issued, rated))
    return tuple(
        LineDifference(key=key, issued=then.get(key), rated=now.get(key))
        for key in dict.fromkeys([*then, *now])
        if then.get(key) != now.get(key)
    )
