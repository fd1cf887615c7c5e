"""IAM policies evaluated: effects, wildcards, conditions, policy variables."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from devstack.aws.trust import as_list

Context = Mapping[str, Sequence[str]]
"""condition keys, in lower case, and their values"""

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


class UnknownOperatorError(Exception):
    """A condition operator that is not evaluated here."""


@dataclass(frozen=True)
class Request:
    """May this action be done to this resource, with this context?"""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass
class Verdict:
    """What one statement says: `effect` is None where it does not apply."""

    effect: str | None
    missing: set[str]
    """condition keys that were asked for, and that the context has not"""


def judge(statement: Mapping[str, Any], request: Request) -> Verdict:
    """Raises UnknownOperatorError."""
    if not _fits(statement, "Action", request.action, request.context, ignore_case=True):
        return Verdict(None, set())
    if not _fits(statement, "Resource", request.resource, request.context, ignore_case=False):
        return Verdict(None, set())
    missing: set[str] = set()
    met = [
        _condition(operator, key, as_list(values), request.context, missing)
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, values in keys.items()
    ]
    return Verdict(statement["Effect"] if all(met) else None, missing)


def _fits(
    statement: Mapping[str, Any], element: str, value: str, context: Context, *, ignore_case: bool
) -> bool:
    negated = f"Not{element}" in statement
    patterns = as_list(statement.get(f"Not{element}" if negated else element))
    found = any(like(str(pattern), value, context, ignore_case=ignore_case) for pattern in patterns)
    return found != negated


def like(pattern: str, value: str, context: Context, *, ignore_case: bool = False) -> bool:
    """`*` and `?`, after policy variables; one that the context lacks fits nothing."""
    names = [name.partition(",")[0].strip().lower() for name in _VARIABLE.findall(pattern)]
    if any(name not in ("*", "?", "$") and not context.get(name) for name in names):
        return False
    return _compiled(_resolved(pattern, context), ignore_case).fullmatch(value) is not None


def _resolved(pattern: str, context: Context) -> tuple[tuple[str, bool], ...]:
    """Parts of the pattern, and whether wildcards count in them: not in a variable's value."""
    parts: list[tuple[str, bool]] = []
    end = 0
    for found in _VARIABLE.finditer(pattern):
        name = found[1].partition(",")[0].strip().lower()
        parts.append((pattern[end : found.start()], True))
        parts.append((name if name in ("*", "?", "$") else context[name][0], False))
        end = found.end()
    return (*parts, (pattern[end:], True))


@cache
def _compiled(parts: tuple[tuple[str, bool], ...], ignore_case: bool) -> re.Pattern[str]:
    expression = "".join(
        re.escape(text).replace(r"\*", ".*").replace(r"\?", ".") if wild else re.escape(text)
        for text, wild in parts
    )
    return re.compile(expression, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL)


def _equals(pattern: str, value: str, context: Context) -> bool:
    del context
    return pattern == value


def _equals_ignoring_case(pattern: str, value: str, context: Context) -> bool:
    del context
    return pattern.lower() == value.lower()


OPERATORS: dict[str, tuple[Callable[[str, str, Context], bool], bool]] = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringEqualsIgnoreCase": (_equals_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_equals_ignoring_case, True),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (like, False),
    "ArnNotEquals": (like, True),
    "ArnLike": (like, False),
    "ArnNotLike": (like, True),
    "Bool": (_equals_ignoring_case, False),
}
"""operator to its comparison, and whether it is negated"""


def _condition(operator: str, key: str, wanted: list[Any], context: Context, missing: set[str]) -> bool:
    quantifier, _, bare = operator.rpartition(":")
    if_exists = bare.endswith("IfExists")
    values = context.get(key.lower())
    if bare == "Null":
        return (values is None) == (str(wanted[0]).lower() == "true")
    if bare.removesuffix("IfExists") not in OPERATORS:
        raise UnknownOperatorError(operator)
    compare, negated = OPERATORS[bare.removesuffix("IfExists")]
    if values is None:
        missing.add(key)
        return if_exists or negated or quantifier == "ForAllValues"
    fits = [any(compare(_text(want), value, context) for want in wanted) != negated for value in values]
    return any(fits) if quantifier == "ForAnyValue" else all(fits)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
