"""The source of a class with a method per operation of an OpenAPI document."""

import builtins
import keyword
import re
import textwrap
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

BEGIN = '''
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from httpx_sse import ServerSentEvent

from client import models
from client.requests import Requests, segment


class Operations(Requests):
    """Where the API has a default, None takes it. Instants are text as in RFC 3339."""
'''
METHODS = ("get", "post", "put", "patch", "delete")
KEY, REASON, CURSOR = "Idempotency-Key", "Tenantry-Reason", "cursor"
WRAP = 90
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def operations_class(document: Json) -> str:
    found = [
        Operation(document, method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    return BEGIN + "\n".join(source for operation in found for source in operation.methods())


class Operation:
    """One operation of the document."""

    def __init__(self, document: Json, method: str, path: str, said: Json) -> None:
        self._schemas: Json = document["components"]["schemas"]
        self._method, self._path, self._said = method.upper(), path, said
        parameters: list[Json] = said.get("parameters", [])
        self._of_path = [one for one in parameters if one["in"] == "path"]
        self._query = [one for one in parameters if one["in"] == "query"]
        headers = [one for one in parameters if one["in"] == "header"]
        self._headers = [one for one in headers if one["name"] not in {KEY, REASON}]
        self._keyed = any(one["name"] == KEY for one in headers)
        self._media, self._answer = _answer(said)
        self._body = said.get("requestBody", {}).get("content", {}).get("application/json")

    def methods(self) -> Iterator[str]:
        """Two where answers come in pages: all items, and one page."""
        name = self._said["operationId"]
        if self._media == "text/event-stream":
            yield self._written(name, "Iterator[ServerSentEvent]", "self._stream({path}, {headers})")
        elif self._media != "application/json":
            yield self._written(name, "bytes", 'self._content("GET", {path})')
        elif item := self._item():
            pages = self._without_cursor()
            yield pages._written(name, f"Iterator[{item}]", "self._pages({path}, {query})")
            yield self._written(f"{name}_page", annotation(self._answer), self._call())
        else:
            yield self._written(name, annotation(self._answer), self._call())

    def _item(self) -> str | None:
        """Of a page."""
        page = self._schemas.get(self._answer.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
        return annotation(page["items"]["items"]) if {"items", "next"} <= set(page) else None

    def _without_cursor(self) -> "Operation":
        kept = [one for one in self._said["parameters"] if one["name"] != CURSOR]
        said = {**self._said, "parameters": kept}
        return Operation({"components": {"schemas": self._schemas}}, self._method, self._path, said)

    def _call(self) -> str:
        given = [f'"{self._method}"', "{path}"]
        given += ["body=body"] if self._body else []
        given += ["query={query}"] if self._query else []
        given += ["headers={headers}"] if self._headers else []
        given += ["key=idempotency_key"] if self._keyed else []
        given += ["reason=reason"] if self._has_reason() else []
        return f"self._{'change' if self._keyed else 'json'}({', '.join(given)})"

    def _written(self, name: str, answer: str, call: str) -> str:
        said = call.format(path=self._where(), query=_values(self._query), headers=_values(self._headers))
        return (
            f"    def {name}({', '.join(self._signature())}) -> {answer}:\n"
            f"{textwrap.indent(self._documentation(), ' ' * 8)}\n"
            f"        answer: {answer} = {said}\n"
            f"        return answer\n"
        )

    def _where(self) -> str:
        path = re.sub(r"\{(\w+)\}", lambda found: f"{{segment({found[1]})}}", self._path)
        return f'{"f" if self._of_path else ""}"{path}"'

    def _signature(self) -> Iterator[str]:
        yield "self"
        yield from (f"{_name(one)}: str" for one in self._of_path)
        if self._body:
            needed = "null" not in str(self._body["schema"].get("anyOf", ""))
            yield f"body: {annotation(self._body['schema'], 'Sequence')}{'' if needed else ' = None'}"
        parameters = sorted([*self._query, *self._headers], key=lambda one: not one["required"])
        named = [_parameter(one) for one in parameters]
        named += ["idempotency_key: str | None = None"] if self._keyed else []
        named += ["reason: str | None = None"] if self._has_reason() else []
        if named:
            yield "*"
            yield from named

    def _has_reason(self) -> bool:
        """One in the query stands before that of the header."""
        return self._keyed and "reason" not in map(_name, self._query)

    def _documentation(self) -> str:
        paragraphs = re.split(r"\n\s*\n", self._said.get("description", ""))
        told = [f"{self._said['summary']}: `{self._method} {self._path}`.", *filter(None, paragraphs)]
        text = "\n\n".join(textwrap.fill(" ".join(one.split()), WRAP) for one in told)
        return f'"""{text}\n"""' if len(told) > 1 else f'"""{text}"""'


def annotation(schema: Json, listed: str = "list") -> str:
    """The type of a value; `listed` is what its lists are called."""
    if reference := schema.get("$ref"):
        return f"models.{reference.rpartition('/')[2]}"
    if choices := schema.get("enum"):
        return f"Literal[{', '.join(map(repr, choices))}]"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(annotation(one, listed) for one in choices))
    if schema.get("type") == "array":
        return f"{listed}[{annotation(schema['items'], listed)}]"
    return SIMPLE.get(schema.get("type", ""), "Mapping[str, Any]")


def _answer(said: Json) -> tuple[str, Json]:
    """Media type and schema of what comes when all is well."""
    well = next(answer for status, answer in said["responses"].items() if status.startswith("2"))
    media, content = next(iter(well["content"].items()))
    return media, content.get("schema", {})


def _parameter(one: Json) -> str:
    kind = annotation(one["schema"], "Sequence")
    if one["required"]:
        return f"{_name(one)}: {kind}"
    return f"{_name(one)}: {kind.removesuffix(' | None')} | None = None"


def _name(one: Json) -> str:
    name: str = one["name"].replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) or hasattr(builtins, name) else name


def _values(parameters: list[Json]) -> str:
    return "{" + ", ".join(f'"{one["name"]}": {_name(one)}' for one in parameters) + "}"
