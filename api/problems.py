"""Every refusal as RFC 9457 problem details that say what to do."""

from collections.abc import Mapping

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.problem_types import PROBLEMS

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    field: str = Field(examples=["users"])
    """Dotted path in the body, or the name of a parameter or header."""
    message: str = Field(examples=["plan 'team' is for 1 to 100 users"])


class OperationRef(BaseModel):
    id: str = Field(examples=["opk3v9x2m4q8w1r5t7za"])
    kind: str = Field(examples=["signup"])
    url: str = Field(examples=["/v1/operations/opk3v9x2m4q8w1r5t7za"])


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["/problems/SlugTaken"], description="Explains this kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What is wrong here, and what to do.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(examples=["SlugTaken"], description="For programs; never changes.")
    request_id: str | None = Field(default=None, description="Also in X-Request-Id and in our logs.")
    errors: list[FieldProblem] | None = Field(default=None, description="Every field that is wrong.")
    operation: OperationRef | None = Field(default=None, description="The operation that stands in the way.")


class ApiProblem(HTTPException):
    """Raise anywhere below a route; becomes the answer.

    An HTTPException because the framework turns other exceptions into its own 400 while it reads a body.
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: list[FieldProblem] | None = None,
        operation: OperationRef | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = PROBLEMS[code]
        self.errors = errors
        self.operation = operation
        super().__init__(self.kind.status, detail or self.kind.advice, headers)


def away(what: str, retry_after_seconds: int = 2, *, advice: str = "") -> ApiProblem:
    """503: `what` cannot be reached now."""
    return ApiProblem(
        "Unavailable",
        f"{what} cannot be reached. {advice or PROBLEMS['Unavailable'].advice}",
        headers={"Retry-After": str(retry_after_seconds)},
    )


def invalid(field: str, message: str) -> ApiProblem:
    """422 for one field."""
    return invalid_fields([FieldProblem(field=field, message=message)])


def invalid_fields(errors: list[FieldProblem]) -> ApiProblem:
    """422 naming every field that is wrong; `errors` must not be empty."""
    said = "; ".join(f"{problem.field}: {problem.message}" for problem in errors[:5])
    return ApiProblem("InvalidSpec", said, errors=errors)
