"""Label and field selectors as they stand in a query string."""

import re
from collections.abc import Callable

from devstack.kubernetes.errors import bad_request
from devstack.kubernetes.objects import Object, at, labels

Matcher = Callable[[Object], bool]

_SET = re.compile(r"^\s*([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)\s*$")
_EQUAL = re.compile(r"^\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([^\s!=,()]+)\s*$")


def label_matcher(selector: str) -> Matcher:
    """A predicate for a label selector; ApiError 400 if it cannot be read."""
    tests = [_label_test(part) for part in _split(selector)]
    return lambda obj: all(test(labels(obj)) for test in tests)


def field_matcher(selector: str) -> Matcher:
    """A predicate for a field selector; fields that are absent count as empty."""
    tests = []
    for part in _split(selector):
        found = _EQUAL.match(part)
        if not found:
            raise bad_request(f'invalid selector: "{selector}"; can\'t understand "{part}"')
        path, operator, value = found.groups()
        tests.append((tuple(path.split(".")), operator != "!=", value))
    return lambda obj: all((str(at(obj, *path) or "") == value) is wanted for path, wanted, value in tests)


def selects(selector: Object | None, found: dict[str, str]) -> bool:
    """Whether a `metav1.LabelSelector` matches these labels; an absent selector matches nothing."""
    if selector is None:
        return False
    exact = all(found.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    return exact and all(_expression(item, found) for item in selector.get("matchExpressions") or ())


def _expression(item: Object, found: dict[str, str]) -> bool:
    present, values = item["key"] in found, item.get("values") or ()
    inside = found.get(item["key"]) in values
    return {"In": inside, "NotIn": not inside, "Exists": present, "DoesNotExist": not present}[
        item["operator"]
    ]


def _split(selector: str) -> list[str]:
    return [part for part in re.split(r",(?![^(]*\))", selector) if part.strip()]


def _label_test(part: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET.match(part):
        key, operator, values = found.group(1), found.group(2), {v.strip() for v in found.group(3).split(",")}
        return lambda have: (have.get(key) in values) is (operator == "in")
    if found := _EQUAL.match(part):
        key, operator, value = found.groups()
        return lambda have: (have.get(key) == value) is (operator != "!=")
    if found := _EXISTS.match(part):
        absent, key = found.groups()
        return lambda have: (key in have) is not bool(absent)
    raise bad_request(f"unable to parse requirement: found {part!r}, expected: in, notin, =, ==, !=")
