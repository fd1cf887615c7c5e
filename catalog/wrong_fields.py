"""What pydantic finds wrong, in plain words and with the path as it stands in the file."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Form = TypeVar("Form", bound=BaseModel)

MODELS = frozenset({"unit", "graduated", "volume", "package"})
"""Tags of the meters' union: pydantic puts them into paths, files have no such level."""

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "must be {expected_tags}",
    "union_tag_not_found": "is missing",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be a letter, then letters, digits, - or _",
    "model_type": "must be a mapping of fields",
    "model_attributes_type": "must be a mapping of fields",
    "dict_type": "must be a mapping of names",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "too_short": "must not be empty",
}


def checked(model: type[Form], fields: Any, path: str, problems: list[str]) -> Form | None:
    """The form, or None and its wrong fields added to `problems`."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        problems += wrong_fields(error, path)
        return None


def wrong_fields(error: ValidationError, path: str) -> Iterator[str]:
    """`path.field: what is wrong with it`, a line for each."""
    for finding in error.errors(include_url=False):
        parts = [path, *_place(finding)] if path else list(_place(finding))
        yield f"{'.'.join(parts) or 'file'}: {_words(finding)}"


def _place(finding: ErrorDetails) -> Iterator[str]:
    loc = finding["loc"]
    for index, part in enumerate(loc):
        is_tag = index >= 2 and loc[index - 2] == "meters" and part in MODELS
        if not is_tag and part != "[key]":
            yield str(part)
    if finding["type"].startswith("union_tag"):
        yield "model"
    yield from within(finding)


def within(finding: ErrorDetails) -> Iterator[str]:
    """Where in the value itself, if a validator of ours has said so."""
    if place := (finding.get("ctx") or {}).get("within"):
        yield str(place)


def _words(finding: ErrorDetails) -> str:
    context: Mapping[str, Any] = finding.get("ctx") or {}
    template = _WORDS.get(finding["type"])
    if template is None:
        return finding["msg"].removeprefix("Value error, ")
    return template.format(**context).replace("True", "true")
