"""What a person does to a run that cannot go on by itself, and what is remembered of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from domain.audit.origin import OriginIfAny
from domain.plans import Model


class Action(StrEnum):
    RETRY = "retry"
    SKIP = "skip"
    """Leave a step of a removal or an undo as it is; nothing claims then that its things are gone."""
    ABORT = "abort"
    AMEND = "amend"
    RESUME = "resume"
    """Go on after a pause that was asked for."""
    CANCEL = "cancel"


class Amendment(Model):
    """New input for a step that failed: exactly one of the fields."""

    final_snapshot: Literal[False] | None = None
    """Removal of a database: it goes without the last snapshot that its plan promises."""
    database_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$", max_length=64)] | None = None
    """Undo of a change: the database gets this instance class instead of the one it had."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Amendment":
        if (self.final_snapshot is None) == (self.database_class is None):
            raise ValueError("name one of final_snapshot and database_class")
        return self


class Intervention(Model):
    """One thing that a person did to a run."""

    id: str
    """Of the update that carried it: recorded again under the same id, it is no second one."""
    at: datetime
    action: Action
    by: str
    why: str = ""
    step: str | None = None
    input: Amendment | None = None
    pauses: list[str] = []
    """Resume only: the steps before which it ended the wait."""


class Skipped(Model):
    """Why a thing of the inventory was not proven gone."""

    by: str
    why: str
    at: datetime


Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Of what is certified or cannot be taken back: nobody may leave it out, in Temporal's page neither."""


class InterventionRequest(Model):
    """What every intervention says of itself."""

    requested_by: str
    reason: str = ""
    operation_id: str | None = None
    """None: whichever operation the run carries out."""
    origin: OriginIfAny = None
    """For the audit log."""


class CancelRequest(InterventionRequest):
    pass


class AbortRequest(InterventionRequest):
    reason: Why


class RetryRequest(InterventionRequest):
    step: str | None = None
    """None: everything that waits."""


class ResumeRequest(InterventionRequest):
    step: str | None = None
    """None: every step that the run paused before."""


class SkipRequest(InterventionRequest):
    step: str
    reason: Why


class AmendRequest(InterventionRequest):
    step: str
    reason: Why
    input: Amendment
