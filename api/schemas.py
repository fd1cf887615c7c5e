"""What comes in over HTTP. Unknown fields are refused; a number is never guessed from a text."""

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)

from domain.naming import (
    CUSTOMER_ID_PATTERN,
    SLUG_LONGEST,
    SLUG_SHORTEST,
    STEP_LIMIT,
    STEP_PATTERN,
    TENANT_ID_PATTERN,
    slug_problem,
)
from domain.plans import ResourceCounts, Target
from runtime.time_zones import ZoneName
from store.tenants import MAX_PAGE

COUNT_LIMIT = 1_000_000
T = TypeVar("T")
Filter = Annotated[list[T], Field(max_length=50)]
"""A parameter that narrows a list, and may be repeated."""
LONGEST_GRACE_SECONDS = 90 * 86_400
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


def _good_slug(slug: str) -> str:
    if problem := slug_problem(slug):
        raise ValueError(problem)
    return slug


def printable(text: str) -> str:
    """The text without surrounding space. Raises ValueError."""
    text = text.strip()
    if not text or not text.isprintable():
        raise ValueError("needs at least one visible character and no control characters")
    return text


def _near(instant: datetime) -> datetime:
    """In UTC. Raises ValueError where reckoning with it would leave the calendar."""
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise ValueError(f"must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return instant.astimezone(UTC)


# JSON knows no instants: to read one from a text is no guess.
Moment = Annotated[
    AwareDatetime, AfterValidator(_near), Field(strict=False, examples=["2026-04-01T00:00:00Z"])
]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# Told and not checked: the validator's words say more to whoever chooses a slug.
_SLUG_FORM: dict[str, JsonValue] = {
    "minLength": SLUG_SHORTEST,
    "maxLength": SLUG_LONGEST,
    "pattern": STEP_PATTERN,
}
Slug = Annotated[str, AfterValidator(_good_slug), Field(examples=["acme"], json_schema_extra=_SLUG_FORM)]
Count = Annotated[int, Field(ge=0, le=COUNT_LIMIT)]
Users = Annotated[int, Field(ge=1, le=COUNT_LIMIT, examples=[50])]
TenantId = Annotated[str, Field(pattern=TENANT_ID_PATTERN, examples=["k3v9x2m4q8w1"])]
TimeZone = Annotated[ZoneName, Field(min_length=1, max_length=64, examples=["Europe/Paris"])]


CatalogName = Annotated[str, Field(max_length=64)]
"""Of a plan or region."""

Step = Annotated[str, Field(pattern=STEP_PATTERN, max_length=STEP_LIMIT, examples=["dns"])]
PauseBefore = Annotated[
    list[Step],
    Field(
        max_length=50,
        description="Steps before which the operation waits until it is told to go on.",
        examples=[["dns"]],
    ),
]


class Resources(Request):
    """How many things of each kind the customer will protect."""

    servers: Count = 0
    databases: Count = 0
    applications: Count = 0
    clusters: Count = 0


CustomerName = Annotated[
    str, AfterValidator(printable), Field(min_length=1, max_length=200, examples=["Acme Corporation"])
]


class Signup(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "cusk3v9x2m4q8w1",
                    "slug": "acme",
                    "region": "us-east-1",
                    "plan": "team",
                    "users": 50,
                    "resources": {"servers": 20, "databases": 2},
                }
            ]
        }
    )

    customer: CustomerName | None = Field(
        default=None,
        description="In place of customer_id: the name of the customer, who is made if the name is new.",
    )
    customer_id: Annotated[str, Field(pattern=CUSTOMER_ID_PATTERN)] | None = Field(
        default=None, validate_default=True, description="A customer that exists."
    )
    slug: Slug
    region: CatalogName
    time_zone: TimeZone | None = Field(
        default=None,
        description="Where the wall time of its billing periods is read, for good; absent, the customer's.",
    )
    plan: CatalogName
    users: Users
    resources: Resources = Resources()
    pause_before: PauseBefore = []
    id: TenantId | None = Field(
        default=None, description="Tenant id to use, for tests and migrations; made up when absent."
    )

    @field_validator("customer_id")
    @classmethod
    def _one_customer(cls, customer_id: str | None, info: ValidationInfo) -> str | None:
        # A field of its own and not a rule of the whole: it is reported beside all other wrong fields.
        named = "customer" not in info.data or info.data["customer"] is not None
        if customer_id is None and not named:
            raise ValueError("is missing; give it, or the customer's name as 'customer'")
        if customer_id is not None and info.data.get("customer") is not None:
            raise ValueError("give either this or 'customer', not both")
        return customer_id

    def target(self) -> Target:
        return Target(
            plan=self.plan, users=self.users, resources=ResourceCounts(**self.resources.model_dump())
        )


class ScaleResources(Request):
    """Counts that change; those left out stay."""

    servers: Count | None = None
    databases: Count | None = None
    applications: Count | None = None
    clusters: Count | None = None


NOTHING_SAID = "name at least one of plan, users and resources"


class Scale(Request):
    """What changes; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"users": 120}, {"plan": "business"}]})

    plan: CatalogName | None = None
    users: Users | None = None
    resources: ScaleResources | None = None
    pause_before: PauseBefore = []

    @model_validator(mode="after")
    def _says_something(self) -> "Scale":
        if self.plan is None and self.users is None and self.resources is None:
            raise ValueError(NOTHING_SAID)
        return self

    def merged_with(self, present: Target) -> Target:
        """The target that results when only what was sent changes."""
        counts = present.resources.model_dump()
        if self.resources:
            counts |= self.resources.model_dump(exclude_none=True)
        return Target(
            plan=self.plan or present.plan,
            users=self.users or present.users,
            resources=ResourceCounts(**counts),
        )


class Preview(Request):
    """A change as it would be asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"change": "scale", "plan": "business", "users": 80}, {"change": "suspend"}]
        }
    )

    change: Literal["scale", "suspend", "resume", "teardown", "restore"]
    plan: CatalogName | None = Field(
        default=None, description="Of a scale, as are `users` and `resources`: what is left out stays."
    )
    users: Users | None = None
    resources: ScaleResources | None = None
    grace: Annotated[int, Field(ge=0, le=LONGEST_GRACE_SECONDS)] | None = Field(
        default=None,
        description="Of a teardown: seconds in which it can be restored; 0 removes it at once; absent, the "
        "plan says.",
    )

    @field_validator("plan", "users", "resources", "grace")
    @classmethod
    def _fits(cls, value: object, info: ValidationInfo) -> object:
        of = "teardown" if info.field_name == "grace" else "scale"
        if value is not None and info.data.get("change") not in {of, None}:
            raise ValueError(f"is of a {of}; a {info.data['change']} has none")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> "Preview":
        if self.change == "scale":
            self.scale()
        return self

    def scale(self) -> Scale:
        """Raises ValueError if it says nothing."""
        given = (self.plan, self.users, self.resources)
        if all(one is None for one in given):
            raise ValueError(NOTHING_SAID)
        return Scale(plan=self.plan, users=self.users, resources=self.resources)


class Paging(BaseModel):
    """The query of a list. Lists that can be filtered have more."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(default=None, max_length=200, description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)
