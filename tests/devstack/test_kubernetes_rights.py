"""A token that is bound by ClusterRoles may do what they allow, and hand on nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devstack.kubernetes.auth import DEFAULT_TOKENS, Identity, Rule
from devstack.kubernetes.standin import StandIn

APPLY = "application/apply-patch+yaml"
ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
MAPS = "/api/v1/namespaces/default/configmaps"


def rule(verbs: str, group: str, resources: str) -> Rule:
    return Rule(frozenset(verbs.split()), frozenset([group]), frozenset(resources.split()))


RULES = (
    rule("create patch", "rbac.authorization.k8s.io", "roles rolebindings"),
    rule("get list", "", "pods"),
    rule("patch", "", "configmaps"),
)


BINDER = Identity("binder", (*RULES, rule("bind", "rbac.authorization.k8s.io", "roles")))


@pytest.fixture(scope="module")
def bound() -> Iterator[httpx.Client]:
    tokens = {**DEFAULT_TOKENS, "bound": Identity("bound", RULES)}
    with (
        StandIn(["rights"], tokens={**tokens, "binder": BINDER}, crds=False) as server,
        httpx.Client(
            base_url=server.url("rights"), headers={"Authorization": "Bearer bound"}, trust_env=False
        ) as client,
    ):
        yield client


def role(name: str, *verbs: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": list(verbs)}],
    }


def binding(name: str, to: str) -> dict[str, Any]:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": to}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": reference,
    }


def apply(client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    name = body["metadata"]["name"]
    return client.patch(
        f"{path}/{name}?fieldManager=test", content=json.dumps(body), headers={"Content-Type": APPLY}
    )


def test_a_role_gives_only_what_its_maker_has(bound: httpx.Client) -> None:
    """The refusal names what is missing."""
    assert apply(bound, ROLES, role("reader", "get", "list")).status_code == 201
    refused = apply(bound, ROLES, role("deleter", "get", "delete"))
    assert refused.status_code == 403
    assert "permissions not currently held: delete pods" in refused.json()["message"]


def test_a_binding_gives_only_what_its_maker_has(bound: httpx.Client) -> None:
    """A role that somebody mightier made cannot be bound."""
    made = bound.post(ROLES, json=role("mighty", "delete"), headers={"Authorization": "Bearer devstack"})
    assert made.status_code == 201
    assert apply(bound, BINDINGS, binding("to-mighty", "mighty")).status_code == 403
    assert apply(bound, ROLES, role("modest", "get")).status_code == 201
    assert apply(bound, BINDINGS, binding("to-modest", "modest")).status_code == 201


def test_the_right_to_bind_is_told_only_where_it_was_needed(bound: httpx.Client) -> None:
    """A role that gives no more than its binder has needs none."""
    mighty = {"Authorization": "Bearer devstack"}
    told = []
    for name, verb in (("small", "get"), ("large", "delete")):
        assert bound.post(ROLES, json=role(name, verb), headers=mighty).status_code == 201
        bind = bound.post(BINDINGS, json=binding(name, name), headers={"Authorization": "Bearer binder"})
        assert bind.status_code == 201
        used = bound.get("/_devstack/rights").json()["binder"]
        told.append(["bind", "rbac.authorization.k8s.io", "roles"] in used)
    assert told == [False, True]


def test_an_apply_that_makes_needs_the_right_to_create(bound: httpx.Client) -> None:
    """As the real server asks; what exists takes the same apply."""
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes"}}
    assert apply(bound, MAPS, wanted).status_code == 403
    assert bound.post(MAPS, json=wanted, headers={"Authorization": "Bearer devstack"}).status_code == 201
    assert apply(bound, MAPS, wanted).status_code == 200


def test_what_was_used_is_told(bound: httpx.Client) -> None:
    """By user, as verb, group and resource."""
    assert bound.get("/api/v1/namespaces/default/pods").status_code == 200
    used = bound.get("/_devstack/rights").json()
    assert ["list", "", "pods"] in used["bound"]
    assert "devstack-admin" not in used
