"""Support access in a namespace: made and taken away any number of times, and never anything foreign."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from activities.kubernetes.access import KubernetesAccess
from activities.kubernetes.clients import Clusters
from activities.kubernetes.objects import Key, uid_of
from domain.errors import NotPossibleNow, OwnershipConflict
from domain.messages import JsonObject
from domain.messages.access import AccessPlan, CredentialsCall
from domain.plans import Cell
from domain.support import AccessMode, account_name
from runtime.clock import MovableClock
from runtime.sealed_box import Receiver
from runtime.settings import Settings
from tests.activities.kubernetes.tenancy import INSTALL, Tenancy

HOURS = timedelta(hours=1)


@dataclass(frozen=True)
class Support:
    activities: KubernetesAccess
    tenancy: Tenancy
    clock: MovableClock

    def plan(self, grant_id: str = f"ag{'1' * 18}") -> AccessPlan:
        return AccessPlan(grant_id=grant_id, tenant=self.tenancy.tenant, mode=AccessMode.READ, slot=1)

    def token(self, ends_at: datetime) -> JsonObject:
        """What the token says of itself."""
        receiver = Receiver.new()
        call = CredentialsCall(plan=self.plan(), ends_at=ends_at, public_key=receiver.public_key)
        opened = receiver.open(self.activities.issue(call).sealed, f"kubernetes {self.plan().grant_id}")
        claims: JsonObject = jwt.decode(json.loads(opened)["token"], options={"verify_signature": False})
        return claims

    def found(self) -> list[JsonObject]:
        return [found for key in self.keys if (found := self.tenancy.cluster().get(key))]

    @property
    def keys(self) -> list[Key]:
        name, space = account_name(1), self.tenancy.namespace
        return [
            Key("v1", "ServiceAccount", name, space),
            Key("rbac.authorization.k8s.io/v1", "RoleBinding", name, space),
        ]


@pytest.fixture
def support(tenancy: Tenancy, known_cells: list[Cell], cluster_file: Path) -> Support:
    settings = Settings(install=INSTALL, kubeconfig=cluster_file, expected_rollout_seconds=0)
    clusters = Clusters(settings, {cell.name: cell for cell in known_cells})
    clock = MovableClock()
    tenancy.ready("base")
    return Support(KubernetesAccess(settings, clusters, clock), tenancy, clock)


def test_bound_twice_and_unbound_twice(support: Support) -> None:
    """The same result each time; a repeat keeps the account, whose tokens are in use."""
    support.activities.bind(support.plan())
    first = [uid_of(found) for found in support.found()]
    support.activities.bind(support.plan())
    assert [uid_of(found) for found in support.found()] == first
    assert len(first) == 2
    support.tenancy.ready("base")
    assert len(support.found()) == 2, "no step of the blueprint prunes it"
    for _ in range(2):
        support.activities.unbind(support.plan())
        assert support.found() == []


def test_a_token_dies_with_the_access_though_no_worker_runs(support: Support) -> None:
    """Its end is in it: an hour away, or the end of the access; for too short a rest there is none."""
    support.activities.bind(support.plan())
    ends_at = datetime.now(UTC) + 2 * HOURS
    long = support.token(ends_at)
    assert long["exp"] - long["iat"] == 3600
    support.clock.move(HOURS)
    last = support.token(ends_at)
    left = ends_at - support.clock.now()
    assert timedelta() <= left - timedelta(seconds=last["exp"] - last["iat"]) < timedelta(minutes=1)
    support.clock.move(timedelta(minutes=51))
    with pytest.raises(NotPossibleNow, match="too little"):
        support.token(ends_at)


def test_the_next_one_in_the_same_place_gets_an_account_of_its_own(support: Support) -> None:
    """What a lost run left is replaced, and its late end takes nothing away from its successor."""
    support.activities.bind(support.plan())
    before = {uid_of(found) for found in support.found()}
    successor = support.plan(f"ag{'2' * 18}")
    support.activities.bind(successor)
    after = {uid_of(found) for found in support.found()}
    assert len(after) == 2
    assert not before & after
    support.activities.unbind(support.plan())
    assert {uid_of(found) for found in support.found()} == after
    with pytest.raises(NotPossibleNow, match="gone"):
        support.token(datetime.now(UTC) + HOURS)


def test_what_is_foreign_stays(support: Support) -> None:
    """An account of that name which somebody else has made is neither bound nor deleted."""
    account = support.keys[0]
    metadata = {"name": account.name, "namespace": account.namespace}
    support.tenancy.cluster().create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    with pytest.raises(OwnershipConflict):
        support.activities.bind(support.plan())
    support.activities.unbind(support.plan())
    assert [found["kind"] for found in support.found()] == ["ServiceAccount"]
