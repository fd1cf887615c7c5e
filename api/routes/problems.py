"""What each kind of problem means: where the `type` of a problem detail points."""

from pydantic import BaseModel

from api.docs import errors
from api.guard import GuardedRouter
from api.paths import ProblemCode
from api.problem_types import PROBLEMS
from api.problems import ApiProblem

router = GuardedRouter(prefix="/problems", tags=["problems"])


class ProblemExplained(BaseModel):
    code: str
    status: int
    title: str
    advice: str


@router.get("", summary="List the kinds of problems", responses=errors("InternalError"))
async def problems() -> list[ProblemExplained]:
    return [_explained(code) for code in PROBLEMS]


@router.get("/{code}", summary="Explain a kind of problem", responses=errors("RouteNotFound"))
async def problem(code: ProblemCode) -> ProblemExplained:
    if code not in PROBLEMS:
        raise ApiProblem("RouteNotFound", "There is no such kind of problem; GET /problems lists them.")
    return _explained(code)


def _explained(code: str) -> ProblemExplained:
    kind = PROBLEMS[code]
    return ProblemExplained(code=kind.code, status=kind.status, title=kind.title, advice=kind.advice)
