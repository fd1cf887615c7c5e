"""What a call needs of IAM, by the table `rights.yaml`."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from devstack.aws.calls import Call

_MEMBER = re.compile(r"\{(\w+)\}")


class Need(BaseModel):
    """One action that a call needs."""

    model_config = ConfigDict(extra="forbid")

    to: list[str]
    when: str = ""
    more: dict[str, str] = Field(default={}, alias="with")


class Rights(BaseModel):
    """The whole table."""

    model_config = ConfigDict(extra="forbid")

    resources: dict[str, dict[str, str]]
    calls: dict[str, dict[str, dict[str, Need]]]
    unneeded: dict[str, str]


@cache
def table() -> Rights:
    text = Path(__file__).with_name("rights.yaml").read_text()
    return Rights.model_validate(yaml.safe_load(text))


def needs_of(call: Call) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Action, resource, and condition keys. Raises LookupError for a call that is not in the table."""
    known = table()
    written = known.resources[call.service]
    for action, need in known.calls[call.service][call.name].items():
        if need.when and not _member(call.params, need.when):
            continue
        for name in need.to:
            template = written[name.removesuffix("?")]
            if not name.endswith("?") or _named(template, call):
                yield action, resource(template, call), need.more


def resource(template: str, call: Call) -> str:
    """The ARN of what the call is about."""
    values = {"region": call.region, "account": call.account} | {
        name: value for name, value in call.params.items() if isinstance(value, str)
    }
    named = [values.get(member, "") for member in _MEMBER.findall(template)]
    whole = next((value for value in named if value.startswith("arn:")), None)
    # Route 53 takes '/hostedzone/Z1' for 'Z1'.
    return whole or _MEMBER.sub(lambda found: values.get(found[1], "*").rpartition("/")[2], template)


def _named(template: str, call: Call) -> bool:
    return any(call.params.get(member) for member in _MEMBER.findall(template))


def _member(params: Mapping[str, Any], path: str) -> Any:
    found: Any = params
    for name in path.split("."):
        found = (found or {}).get(name)
    return found
