"""One Pod Identity association: how it looks, and which tags it takes."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.protocol import RefusedError

ALPHABET = string.ascii_lowercase + string.digits
MAX_TAGS = 50
OPTIONAL = ("disableSessionTags", "targetRoleArn", "policy")


@dataclass
class Association:
    """A role for the pods of one service account in one namespace of one cluster."""

    region: str
    cluster: str
    body: dict[str, Any]
    request: tuple[str | None, dict[str, Any]]
    """the token and the input that made it, so that a repeat is known for one"""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str, str, str]:
        return self.region, self.cluster, self.body["namespace"], self.body["serviceAccount"]

    def shown(self) -> dict[str, Any]:
        return {**self.body, "tags": dict(self.tags)}


def new_body(call: Call, now: datetime) -> dict[str, Any]:
    params = call.params
    cluster = params["clusterName"]
    identifier = "a-" + "".join(secrets.choice(ALPHABET) for _ in range(17))
    prefix = f"arn:aws:eks:{call.region}:{call.account}:podidentityassociation"
    return {
        "clusterName": cluster,
        "namespace": params["namespace"],
        "serviceAccount": params["serviceAccount"],
        "roleArn": params["roleArn"],
        "associationArn": f"{prefix}/{cluster}/{identifier}",
        "associationId": identifier,
        "createdAt": now,
        "modifiedAt": now,
        **{name: params[name] for name in OPTIONAL if params.get(name) is not None},
    }


def check_tags(tags: Mapping[str, str], code: str = "InvalidParameterException") -> None:
    if len(tags) > MAX_TAGS:
        raise RefusedError(code, f"A resource takes at most {MAX_TAGS} tags.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise RefusedError(code, f"The tag {key[:40]!r} is invalid.")
