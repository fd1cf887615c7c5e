"""Changes that are made only if a thing still is as its reader saw it."""

import hashlib
import re
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel

from api.problems import ApiProblem

_TAGS = re.compile(r'\s*(W/)?("[\x21\x23-\x7e]*")\s*(?:,|$)')

IfMatch = Annotated[
    str | None,
    Header(
        max_length=2000,
        description="The ETag of the thing as it was read: if it differs by now, nothing is changed.",
        examples=['"5d41402abc4b2a76b9719d911017c592"'],
    ),
]


def tag_of(view: BaseModel) -> str:
    """Strong: another one as soon as anything shown is another."""
    return f'"{hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:32]}"'


def tagged(response: Response, view: BaseModel) -> None:
    response.headers["ETag"] = tag_of(view)


def check_match(wanted: str | None, view: BaseModel) -> None:
    """Raises ApiProblem unless `wanted` is absent, `*`, or names what `view` shows."""
    if wanted is None or wanted.strip() == "*":
        return
    found = list(_TAGS.finditer(wanted))
    if "".join(one[0] for one in found) != wanted or not found:
        raise ApiProblem("PreconditionFailed", "If-Match must be an ETag in double quotes, or several, or *.")
    # A weak tag says that something is nearly the same, which is not enough to change it.
    if not any(one[2] == tag_of(view) and not one[1] for one in found):
        raise ApiProblem("PreconditionFailed")
