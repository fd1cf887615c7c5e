"""What must hold of a body before it is read as JSON."""

from fastapi import Depends, Request

from api.problems import ApiProblem, invalid

_EMPTY = {b"", b"{}"}


def _json_body(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        said = f"not '{media_type[:100]}'" if media_type else "the request names no type"
        raise ApiProblem("UnsupportedMediaType", f"Send Content-Type: application/json; {said}.")


async def _no_body(request: Request) -> None:
    if (await request.body()).strip() not in _EMPTY:
        raise invalid("body", "this request takes no body; see /docs for its parameters")


async def _json_if_any(request: Request) -> None:
    if await request.body():
        _json_body(request)


JSON_BODY = Depends(_json_body)
"""415 for anything that does not call itself JSON."""

NO_BODY = Depends(_no_body)
"""422 for a body where none is read: a wish in it would be lost silently."""

JSON_IF_ANY = Depends(_json_if_any)
"""For a body that may be left out."""
