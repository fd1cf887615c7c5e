"""Whatever a request may hold has a bound that the OpenAPI document names."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from catalog import Catalog
from domain.naming import SLUG_LONGEST, SLUG_PATTERN, SLUG_SHORTEST, STEP_PATTERN
from runtime.settings import Settings

Schema = dict[str, Any]
OPEN = {
    # A CloudEvent may bear what its sender likes: it is bounded as a whole, by the limit of the body.
    "POST /v1/usage",
}
_ENDLESS = re.compile(r"(?<!\\)[*+]|\{\d*,\}")
"""What makes a pattern fit texts of any length."""


@pytest.fixture(scope="module")
def document(catalog: Catalog) -> Schema:
    return create_app(Settings(), catalog=catalog).openapi()


def unbounded(schema: Schema, where: str, known: Schema) -> Iterator[str]:
    """Places in a schema at which more than a bounded number of values fits."""
    if "$ref" in schema:
        yield from unbounded(known[schema["$ref"].rpartition("/")[2]], where, known)
        return
    for one in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
        yield from unbounded(one, where, known)
    if missing := _missing(schema):
        yield f"{where}: {missing}"
    if schema.get("type") == "array":
        yield from unbounded(schema["items"], f"{where}[]", known)
    for name, one in schema.get("properties", {}).items():
        yield from unbounded(one, f"{where}.{name}", known)


def _missing(schema: Schema) -> str | None:
    """What bounds nothing in this schema, apart from those within it."""
    if {"enum", "const"} & schema.keys():
        return None
    match schema.get("type"):
        case "string" if not _is_bounded_text(schema):
            return "a text without maxLength"
        case "integer" | "number" if not _is_bounded_number(schema):
            return "a number without minimum or maximum"
        case "array" if "maxItems" not in schema:
            return "a list without maxItems"
        case "object" if schema.get("additionalProperties") is not False:
            return "an object that takes any field"
    return None


def _is_bounded_number(schema: Schema) -> bool:
    below, above = {"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}
    return bool(below & schema.keys() and above & schema.keys())


def _is_bounded_text(text: Schema) -> bool:
    if "maxLength" in text or text.get("format") in {"date", "date-time"}:
        return True
    return "pattern" in text and not _ENDLESS.search(text["pattern"])


def test_every_field_of_every_request_has_a_bound(document: Schema) -> None:
    """Bodies, parameters of paths and queries, and headers: nothing is taken without end."""
    known = document["components"]["schemas"]
    found: list[str] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            route = f"{method.upper()} {path}"
            for one in operation.get("parameters", ()):
                found += unbounded(one["schema"], f"{route} {one['in']} {one['name']}", known)
            for one in operation.get("requestBody", {}).get("content", {}).values():
                found += unbounded(one["schema"], f"{route} body", known)
    assert [one for one in found if not one.startswith(tuple(OPEN))] == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string"}, "a text"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "a text"),
        ({"type": "string", "format": "uri"}, "a text"),
        ({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 0}]}, "maximum"),
        ({"type": "array", "items": {"enum": [1]}}, "a list"),
        ({"type": "array", "maxItems": 2, "items": {"type": "string"}}, "[]: a text"),
        ({"type": "object", "properties": {}}, "any field"),
        ({"$ref": "#/components/schemas/Named"}, ".name: a text"),
    ],
)
def test_what_has_no_bound_is_found(schema: Schema, said: str) -> None:
    """The search itself sees each way in which a field can be endless."""
    named = {"type": "object", "additionalProperties": False, "properties": {"name": {"type": "string"}}}
    (found,) = unbounded(schema, "here", {"Named": named})
    assert said in found


@given(slug=st.from_regex(STEP_PATTERN) | st.text("ab-1", max_size=40))
def test_the_document_tells_the_form_of_slugs(slug: str) -> None:
    """Pattern and lengths, as the document has them, say what a slug is, as naming does."""
    told = re.fullmatch(STEP_PATTERN, slug) and SLUG_SHORTEST <= len(slug) <= SLUG_LONGEST
    assert bool(told) == bool(re.fullmatch(SLUG_PATTERN, slug))
