"""Typed client of Tenantry's HTTP API; `models` and its methods are generated from the OpenAPI document."""

from client import models
from client.errors import (
    ApiProblem,
    ApiUnreachable,
    ClientError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from client.following import Client
from client.requests import etag_of, new_key

__all__ = [
    "ApiProblem",
    "ApiUnreachable",
    "Client",
    "ClientError",
    "Conflict",
    "Forbidden",
    "InvalidRequest",
    "NotFound",
    "PreconditionFailed",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "etag_of",
    "models",
    "new_key",
]
