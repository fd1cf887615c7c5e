"""What schemathesis must know of this API and no OpenAPI document can say. Loaded by schemathesis."""

import json
import os
from collections import Counter
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData
from schemathesis.specs.openapi.checks import RejectedPositiveData  # type: ignore[attr-defined]  # no __all__

AnyCase = Case[Any]
_BODY = ParameterLocation.BODY

PLACES: dict[str, str] = json.loads(os.environ["TENANTRY_FUZZ_PLACES"])
"""Names of things that are there, by the parameter or field that takes them."""

NOBODY_THERE = "https://127.0.0.1:9/hooks"

BEYOND = {
    "body": "which of its fields go together",
    "cursor": "is given by the page before, and by nothing else",
    "Tenantry-Reason": "is counted when its percent-encoding is undone",
    "time_zone": "one of the 600 names of the tz database",
    "email": "no regular expression tells what an address is",
    "name": "needs a character that can be seen, which is for Unicode to tell",
    "reason": "needs a character that can be seen, which is for Unicode to tell",
    "customer": "needs a character that can be seen; stands in place of customer_id",
    "customer_id": "names a customer that is there",
    "slug": "some are reserved",
    "plan": "is of the catalog, which differs from installation to installation",
    "region": "is of the catalog, which differs from installation to installation",
    "users": "the plan says how many",
    "resources": "is of a scale; and 5.0, which JSON Schema takes for an integer, is refused here",
    "seconds": "5.0 is refused here",
    "grace": "is of a teardown",
    "pause_before": "names steps of the tenant's blueprint",
    "id": "is for those who may choose it",
    "url": "must be public, which is for its host to tell",
    "public_key": "is 32 bytes once it is decoded",
    "amount": "has as many decimals as the tenant's currency",
    "from": "differs from now to now",
    "to": "differs from now to now",
    "input": "which of its fields go together",
    "percent": "is above 0 and at most 100, in a text",
    "since": "lies between the years 2000 and 2200",
    "until": "lies between the years 2000 and 2200",
    "as_of": "differs from now to now",
    "expires_at": "differs from now to now",
    "meter": "names a meter of the catalog",
}
"""Fields of which the document cannot say all that must hold of them, and why not."""

EVERY = int(os.environ.get("TENANTRY_FUZZ_EVERY", "1"))
"""Of what is tried of a parameter or header on many routes, one in so many is sent. Bodies are sent whole."""

_calls: Counter[str] = Counter()
_kinds: Counter[tuple[object, ...]] = Counter()


@schemathesis.hook
def filter_case(_context: Any, case: AnyCase) -> bool:
    """Thinned evenly: the same cases in each run."""
    tried = case.meta and case.meta.phase.data
    if EVERY == 1 or not isinstance(tried, CoveragePhaseData) or tried.parameter_location is _BODY:
        return True
    kind = (tried.parameter_location, tried.parameter, tried.scenario)
    _kinds[kind] += 1
    return _kinds[kind] % EVERY == 1


@schemathesis.hook
def before_call(_context: Any, case: AnyCase, _kwargs: Any) -> None:
    """Every second sound request asks about something that is there; each change has a key of its own."""
    _calls[case.operation.label] += 1
    if isinstance(case.body, dict) and "url" in case.body and _is_sound(case, _BODY):
        case.body = {**case.body, "url": NOBODY_THERE}  # whatever is registered is also told
    if case.headers and "Idempotency-Key" in case.headers and _is_sound(case, ParameterLocation.HEADER):
        case.headers["Idempotency-Key"] = uuid4().hex
    if _calls[case.operation.label] % 2:
        return
    if _is_sound(case, ParameterLocation.PATH):
        case.path_parameters = {name: PLACES.get(name, value) for name, value in case.path_parameters.items()}
    if isinstance(case.body, dict) and _is_sound(case, _BODY):
        given = {name for name, value in case.body.items() if value is not None}
        case.body = {**case.body, **{name: PLACES[name] for name in given & PLACES.keys()}}


def _is_sound(case: AnyCase, location: ParameterLocation) -> bool:
    part = case.meta.components.get(location) if case.meta else None
    return part is None or not part.mode.is_negative


@schemathesis.hook
def filter_failure(_context: Any, failure: Failure, _case: AnyCase, response: Response) -> bool:
    """A sound request may be refused for what is listed in BEYOND, and for nothing else."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 422:
        return True
    problem = response.json()
    wrong = {one["field"].partition(".")[0] for one in problem.get("errors", ())}
    return not wrong or not wrong <= BEYOND.keys()
