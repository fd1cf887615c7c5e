"""Tokens of service accounts: they die by themselves, and with their account."""

from typing import Any

import httpx
import pytest

from devstack.kubernetes.accounts import ACCOUNTS, Accounts
from devstack.kubernetes.store import Store
from tests.devstack.kubernetes_client import Client, manifest

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)

RULES = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]


def asked(seconds: int) -> dict[str, Any]:
    return {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": seconds},
    }


def account(uid: str) -> dict[str, Any]:
    return {"kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "n", "uid": uid}}


def test_a_token_dies_at_its_time_whatever_anybody_does() -> None:
    """Nobody has to come and take it away: a second before it is known, then no more."""
    now = [1000.0]
    store = Store()
    store.save(ACCOUNTS, account("u1"))
    accounts = Accounts(store, lambda: now[0])
    token = accounts.token(account("u1"), asked(600))["status"]["token"]
    now[0] = 1599
    assert accounts.identity(token)
    now[0] = 1600
    assert accounts.identity(token) is None


def test_a_token_does_what_its_account_is_bound_to(cluster: Client) -> None:
    """In that namespace, until the account is deleted; another one of the same name is not it."""
    cluster.apply(manifest("ServiceAccount", "a"))
    cluster.apply(manifest("Role", "reader", rules=RULES))
    subject = {"kind": "ServiceAccount", "name": "a", "namespace": cluster.namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    cluster.apply(manifest("RoleBinding", "a", subjects=[subject], roleRef=role))
    path = cluster.path("ServiceAccount", "a")
    made = cluster.send("POST", f"{path}/token", asked(600))
    assert (made.status, made.body["kind"]) == (201, "TokenRequest")
    headers = {"Authorization": f"Bearer {made.body['status']['token']}"}
    with httpx.Client(base_url=cluster.url, headers=headers) as bearer:
        assert bearer.get(cluster.path("ConfigMap")).status_code == 200
        assert bearer.get(cluster.path("Secret")).status_code == 403
        assert bearer.get(cluster.path("ConfigMap", namespace="default")).status_code == 403
        cluster.send("DELETE", path)
        assert bearer.get(cluster.path("ConfigMap")).status_code == 401
        cluster.apply(manifest("ServiceAccount", "a"))
        assert bearer.get(cluster.path("ConfigMap")).status_code == 401


@pytest.mark.parametrize("seconds", [1, 599])
def test_no_token_lives_less_than_ten_minutes(cluster: Client, seconds: int) -> None:
    """As the real server has it."""
    cluster.apply(manifest("ServiceAccount", "b"))
    refused = cluster.send("POST", f"{cluster.path('ServiceAccount', 'b')}/token", asked(seconds))
    assert (refused.status, refused.fields) == (422, ["spec.expirationSeconds"])
    assert cluster.send("POST", f"{cluster.path('ServiceAccount', 'nobody')}/token", asked(600)).status == 404
