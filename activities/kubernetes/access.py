"""Support access in a tenant's namespace: an account that is bound while the grant lasts, and its tokens."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from temporalio import activity

from activities.kubernetes.clients import Clusters
from activities.kubernetes.cluster import Cluster
from activities.kubernetes.objects import Key, labels_of
from activities.kubernetes.ownership import apply_ours, claim, refuse_foreign
from activities.kubernetes.removal import discard
from activities.polling import next_look
from domain.errors import AccessDenied, NotPossibleNow, NotReady, OwnershipConflict
from domain.messages import JsonObject
from domain.messages.access import AccessPlan, CredentialsCall, SealedCredentials
from domain.naming import namespace_name, ownership_tags
from domain.support import account_name, role_name, token_life
from runtime.clock import Clock
from runtime.sealed_box import seal
from runtime.settings import Settings

STEP = "support-access"
"""In the label of that name; no blueprint has such a step, so none prunes it."""
LABEL = "tenantry.dev/access"
"""Names the grant: two grants that follow each other in one slot are told apart by it."""
CLOCKS_DIFFER = timedelta(seconds=5)


class KubernetesAccess:
    def __init__(self, settings: Settings, clusters: Clusters, clock: Clock) -> None:
        self._settings = settings
        self._clusters = clusters
        self._clock = clock

    def activities(self) -> list[Callable[..., object]]:
        return [self.bind, self.unbind, self.issue]

    @activity.defn(name="kubernetes.bind_access")
    def bind(self, plan: AccessPlan) -> None:
        """Makes the account, then binds it. Raises OwnershipConflict if something foreign has its name."""
        cluster = self._cluster(plan)
        manifests = _manifests(plan)
        claim(cluster, plan.tenant, manifests, set())
        for manifest in manifests:
            self._discard_former(cluster, plan, Key.of(manifest))
            apply_ours(cluster, plan.tenant, manifest)

    @activity.defn(name="kubernetes.unbind_access")
    def unbind(self, plan: AccessPlan) -> None:
        """Raises NotReady until both are gone. With the account, every token of it is refused."""
        cluster = self._cluster(plan)
        going = [
            key
            for key in reversed([Key.of(manifest) for manifest in _manifests(plan)])
            if _is_of(plan, cluster.get(key)) and not isinstance(discard(cluster, plan.tenant, key), str)
        ]
        if going:
            spacing = next_look(self._settings.expected_rollout_seconds)
            raise NotReady(f"{', '.join(map(str, going))} is going", retry_after=spacing)

    @activity.defn(name="kubernetes.issue_access")
    def issue(self, call: CredentialsCall) -> SealedCredentials:
        """A token that dies with the grant or sooner, sealed for who asked. Nothing else leaves this call."""
        life = token_life(call.ends_at - self._clock.now())
        if life is None:
            raise NotPossibleNow("too little of this access is left for new credentials; ask for another one")
        cluster = self._cluster(call.plan)
        key = _account(call.plan)
        if not _is_of(call.plan, cluster.get(key)):
            raise NotPossibleNow("the account of this access is gone; ask for another one")
        token, expires_at = cluster.token(key, life)
        if expires_at > call.ends_at + CLOCKS_DIFFER:
            raise AccessDenied("the cluster gave a token that would outlive the access; it was thrown away")
        secret = json.dumps(self._credentials(call.plan, token, expires_at))
        return SealedCredentials(
            sealed=seal(secret, call.public_key, f"kubernetes {call.plan.grant_id}"), expires_at=expires_at
        )

    def _credentials(self, plan: AccessPlan, token: str, expires_at: datetime) -> JsonObject:
        server, authority = self._clusters.address(plan.tenant.cell)
        return {
            "server": server,
            "certificate_authority": b64encode(Path(authority).read_bytes()).decode() if authority else None,
            "namespace": _account(plan).namespace,
            "token": token,
            "expires_at": expires_at.isoformat(),
        }

    def _cluster(self, plan: AccessPlan) -> Cluster:
        return self._clusters.of(plan.tenant.cell)

    def _discard_former(self, cluster: Cluster, plan: AccessPlan, key: Key) -> None:
        """What a lost run left in this slot: kept, its tokens would be good for the new rights."""
        found = cluster.get(key)
        if found is None or _is_of(plan, found):
            return
        refuse_foreign(found, plan.tenant)
        if LABEL not in labels_of(found):
            raise OwnershipConflict(f"{key} exists and is of no access; it is left untouched")
        if not isinstance(discard(cluster, plan.tenant, key), str):
            raise NotReady(f"{key} of an earlier access is going")


def _is_of(plan: AccessPlan, found: JsonObject | None) -> bool:
    return found is not None and labels_of(found).get(LABEL) == plan.grant_id


def _account(plan: AccessPlan) -> Key:
    namespace = namespace_name(plan.tenant.install, plan.tenant.id)
    return Key("v1", "ServiceAccount", account_name(plan.slot), namespace)


def _manifests(plan: AccessPlan) -> list[JsonObject]:
    """In the order in which they are made."""
    account = _account(plan)
    tenant = plan.tenant
    labels = {**ownership_tags(tenant.install, tenant.id, tenant.slug, STEP), LABEL: plan.grant_id}
    metadata = {"name": account.name, "namespace": account.namespace, "labels": labels}
    subject = {"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace}
    group = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role_name(plan.mode)},
            "subjects": [subject],
        },
    ]
