"""JSON that every reader understands alike: who checks a body before us must see what we see."""

import json
from typing import Any

from fastapi import Request

from api.problems import ApiProblem


class StrictRequest(Request):
    async def json(self) -> Any:
        """Raises ApiProblem, JSONDecodeError."""
        if not hasattr(self, "_read"):
            self._read = read(await self.body())
        return self._read


def read(body: bytes) -> Any:
    """Raises ApiProblem, JSONDecodeError."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_fields)
    except json.JSONDecodeError:
        raise
    except UnicodeDecodeError as error:
        raise _malformed(f"is not UTF-8: it breaks at byte {error.start}") from error
    except RecursionError as error:
        raise _malformed("nests too deep") from error
    except ValueError as error:
        raise _malformed("holds a number with too many digits") from error


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise _malformed(f"names the field {name[:100]!a} twice")
        fields[name] = value
    return fields


def _malformed(how: str) -> ApiProblem:
    return ApiProblem("MalformedBody", f"The body {how}.")
