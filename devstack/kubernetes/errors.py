"""Refusals in the form of `metav1.Status`, with the words and codes of the real server."""

from typing import Any

from devstack.kubernetes.objects import Object

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class ApiError(Exception):
    """A refusal: the answer that the client gets instead of the object."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Object | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = headers or {}

    def body(self) -> Object:
        """The `Status` object of this refusal."""
        status: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details:
            status["details"] = self.details
        return {**status, "code": self.code}


class PageNotFound(Exception):
    """The path leads to no group, version or resource: answered in plain text, as the real router does."""


def cause(reason: str, message: str, field: str) -> Object:
    """One entry of `details.causes`."""
    return {"reason": reason, "message": message, "field": field}


def details(name: str, group: str, kind: str, **more: Any) -> Object:
    """`details` as Go writes it: empty members are left out."""
    found: Object = {}
    if name:
        found["name"] = name
    if group:
        found["group"] = group
    return {**found, "kind": kind, **{key: value for key, value in more.items() if value}}


def qualified(resource: str, group: str) -> str:
    """`deployments.apps`, or `pods` for the core group."""
    return f"{resource}.{group}" if group else resource


def not_found(resource: str, group: str, name: str) -> ApiError:
    """404 for an object."""
    message = f'{qualified(resource, group)} "{name}" not found'
    return ApiError(404, "NotFound", message, details(name, group, resource))


def already_exists(resource: str, group: str, name: str, *, going: bool = False) -> ApiError:
    """409 for a create of what is there, or is `going`: being deleted."""
    message = f'{qualified(resource, group)} "{name}" already exists'
    if going:
        message = f"object is being deleted: {message}"
    return ApiError(409, "AlreadyExists", message, details(name, group, resource))


def conflict(resource: str, group: str, name: str, why: str) -> ApiError:
    """409 for a write that lost a race or a precondition."""
    message = f'Operation cannot be fulfilled on {qualified(resource, group)} "{name}": {why}'
    return ApiError(409, "Conflict", message, details(name, group, resource))


def bad_request(message: str) -> ApiError:
    """400 for a request that cannot be read."""
    return ApiError(400, "BadRequest", message)


def forbidden(resource: str, group: str, name: str, why: str, causes: list[Object] | None = None) -> ApiError:
    """403 with the reason that admission or authorization gave."""
    subject = f'{qualified(resource, group)} "{name}"' if name else qualified(resource, group)
    return ApiError(
        403, "Forbidden", f"{subject} is forbidden: {why}", details(name, group, resource, causes=causes)
    )


def invalid(kind: str, group: str, name: str, causes: list[Object]) -> ApiError:
    """422 with one cause per field."""
    lines = [f"{item['field']}: {item['message']}" for item in causes]
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    message = f'{qualified(kind, group)} "{name}" is invalid: {text}'
    return ApiError(422, "Invalid", message, details(name, group, kind, causes=causes))


def required(field: str, more: str = "") -> Object:
    """The cause for a missing field."""
    return cause("FieldValueRequired", f"Required value: {more}" if more else "Required value", field)


def invalid_value(field: str, shown: str, why: str) -> Object:
    """The cause for a value that breaks a rule; `shown` is the value as Go prints it."""
    return cause("FieldValueInvalid", f"Invalid value: {shown}: {why}", field)


def unsupported(field: str, shown: str, supported: list[str]) -> Object:
    """The cause for a value outside an enumeration."""
    listed = ", ".join(f'"{value}"' for value in sorted(supported))
    return cause("FieldValueNotSupported", f"Unsupported value: {shown}: supported values: {listed}", field)


def duplicate(field: str, shown: str) -> Object:
    """The cause for a key that stands twice in a list."""
    return cause("FieldValueDuplicate", f"Duplicate value: {shown}", field)


def forbidden_field(field: str, why: str) -> Object:
    """The cause for a field that may not be set or changed here."""
    return cause("FieldValueForbidden", f"Forbidden: {why}", field)
