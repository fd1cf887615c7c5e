"""What AWS lists, page by page, and what it says of one thing that may be gone by now."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from activities.aws.failures import aws_errors, code_of
from activities.drift.patience import patiently

NEXT_RECORD = {
    "NextRecordName": "StartRecordName",
    "NextRecordType": "StartRecordType",
    "NextRecordIdentifier": "StartRecordIdentifier",
}
_GONE = frozenset(
    {
        "DBParameterGroupNotFound",
        "DBParameterGroupNotFoundFault",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchTagSet",
        "ResourceNotFoundException",
    }
)

Call = Callable[..., Mapping[str, Any]]


def pages(call: Call, tokens: Mapping[str, str], **given: Any) -> Iterator[Mapping[str, Any]]:
    """All pages. `tokens` tells which field of an answer becomes which argument of the next call.

    botocore's paginators begin anew after an error, as they keep no position that could be gone on from.
    """
    position: dict[str, Any] = {}
    while True:
        page = patiently(_answer, call, given | position)
        yield page
        position = {argument: page[field] for field, argument in tokens.items() if page.get(field)}
        if not position:
            return


def details(call: Call, **given: Any) -> Mapping[str, Any]:
    """What it says of a thing that a list named; empty if that has gone since."""
    return patiently(_answer, call, given, gone=_GONE)


def _answer(call: Call, given: Mapping[str, Any], gone: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    with aws_errors():
        try:
            return call(**given)
        except ClientError as error:
            if code_of(error) in gone:
                return {}
            raise
