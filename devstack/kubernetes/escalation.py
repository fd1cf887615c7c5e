"""Nobody hands on rights that he has not: what is asked of whoever writes Roles and RoleBindings."""

from itertools import product
from typing import Final

from devstack.kubernetes.auth import Identity, Rule
from devstack.kubernetes.errors import forbidden, qualified
from devstack.kubernetes.objects import Object
from devstack.kubernetes.requests import Target
from devstack.kubernetes.store import Store

GROUP: Final = "rbac.authorization.k8s.io"
WRITES: Final = frozenset({"create", "update", "patch"})
_ROLES: Final = {"Role": "roles", "ClusterRole": "clusterroles"}


def rules_of(role: Object) -> tuple[Rule, ...]:
    """Of a Role or ClusterRole; names of resources are not looked at."""
    return tuple(
        Rule(frozenset(rule["verbs"]), frozenset(rule["apiGroups"]), frozenset(rule["resources"]))
        for rule in role.get("rules") or []
        if "resources" in rule
    )


def refuse_escalation(
    store: Store, body: Object, target: Target, who: Identity
) -> tuple[str, str, str] | None:
    """ApiError 403 if the Role, or the one that is bound, gives more than its writer has.

    Returns the right that let the writer do it all the same: its verb, group and resource.
    """
    if target.resource == "roles":
        right, role = ("escalate", GROUP, "roles"), body
    elif target.resource == "rolebindings":
        bound = _ROLES.get((body.get("roleRef") or {}).get("kind", ""), "")
        right, role = ("bind", GROUP, bound), _bound(store, body, target)
    else:
        return None
    missing = [
        f"{verb} {qualified(resource, group)}"
        for rule in rules_of(role)
        for verb, group, resource in product(rule.verbs, rule.groups, rule.resources)
        if not who.may(verb, group, resource, target.namespace)
    ]
    if not missing:
        return None
    if not who.may(*right, target.namespace):
        why = f'user "{who.user}" is attempting to grant RBAC permissions not currently held: '
        raise forbidden(target.resource, GROUP, target.name, why + ", ".join(sorted(missing)))
    return right


def _bound(store: Store, binding: Object, target: Target) -> Object:
    """The role that a binding names; one that does not exist gives nothing."""
    reference = binding.get("roleRef") or {}
    kind = reference.get("kind", "")
    space = target.namespace if kind == "Role" else ""
    found = store.get((GROUP, _ROLES.get(kind, "")), space, reference.get("name", ""))
    return found or {}
