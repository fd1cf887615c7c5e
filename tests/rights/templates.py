"""What `deploy/` allows, right by right, as it is written there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from runtime.settings import ROOT

AWS = ROOT / "deploy" / "aws"
RBAC = ROOT / "deploy" / "kubernetes" / "rbac"


@dataclass(frozen=True, order=True)
class AwsRight:
    """One action of one statement on one resource, with its places still open."""

    sid: str
    action: str
    resource: str


@dataclass(frozen=True, order=True)
class ClusterRight:
    """One verb on one resource of one group."""

    verb: str
    group: str
    resource: str


def statements() -> Iterator[dict[str, Any]]:
    """Of all policies."""
    for path in sorted(AWS.glob("*.json")):
        yield from json.loads(path.read_text())["Statement"]


def aws_rights() -> set[AwsRight]:
    """That are allowed."""
    return {
        AwsRight(statement["Sid"], action, resource)
        for statement in statements()
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def cluster_rights() -> set[ClusterRight]:
    """That are allowed."""
    return {right for rule in cluster_rules() for right in rights_of(rule)}


def cluster_rules() -> list[dict[str, Any]]:
    documents = [one for path in sorted(RBAC.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]
    bound = {one["roleRef"]["name"] for one in documents if one["kind"] == "ClusterRoleBinding"}
    roles = [one for one in documents if one["kind"] == "ClusterRole" and one["metadata"]["name"] in bound]
    return [rule for one in roles for rule in one["rules"]]


def rights_of(rule: dict[str, Any]) -> set[ClusterRight]:
    return {
        ClusterRight(verb, group, resource)
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
