"""What comes in over HTTP when a person helps an operation that stands still."""

from typing import Annotated

from pydantic import AfterValidator, Field

from api.schemas import Request, Step, printable
from domain.messages import Amendment

Reason = Annotated[
    str,
    AfterValidator(printable),
    Field(
        min_length=1,
        max_length=300,
        description="Why: kept with the operation, and on a certificate. Nothing secret.",
        examples=["the hosted zone was deleted with the old account, INC-204"],
    ),
]


class Retry(Request):
    step: Step | None = Field(default=None, description="Absent: everything that waits.")
    reason: Reason | None = None


class Resume(Request):
    step: Step | None = Field(default=None, description="Absent: every step that it paused before.")
    reason: Reason | None = None


class Abort(Request):
    reason: Reason


class Skip(Request):
    step: Step
    reason: Reason


class Amend(Request):
    step: Annotated[Step, Field(examples=["database"])]
    input: Annotated[
        Amendment, Field(examples=[{"final_snapshot": False}, {"database_class": "db.t4g.large"}])
    ]
    reason: Reason
