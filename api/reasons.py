"""Why a change is asked for: a header that any change may carry, kept in the audit log."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header

from api.problems import invalid
from api.schemas import printable

HEADER = "Tenantry-Reason"
LIMIT = 300

_ReasonHeader = Annotated[
    str | None,
    Header(
        alias=HEADER,
        max_length=LIMIT * 12,  # four bytes of UTF-8, each written as %XX
        description=(
            f"Why, for the audit log: up to {LIMIT} characters, what is not ASCII as percent-encoded UTF-8. "
            "Nothing secret or personal: it is kept for good. A reason in the body stands before it."
        ),
        openapi_examples={"reason": {"value": "more users from March on, see INC-204"}},
    ),
]


def _reason(given: _ReasonHeader = None) -> str:
    if given is None:
        return ""
    try:
        text = printable(unquote(given, errors="strict"))
    except UnicodeDecodeError:
        raise invalid(HEADER, "what is percent-encoded must be UTF-8") from None
    except ValueError as error:
        raise invalid(HEADER, str(error)) from error
    if len(text) > LIMIT:
        raise invalid(HEADER, f"has {len(text)} characters; {LIMIT} are kept")
    return text


GivenReason = Annotated[str, Depends(_reason)]
