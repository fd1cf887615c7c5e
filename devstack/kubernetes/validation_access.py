"""Rules for what lets others in: services, network policies, roles and their bindings."""

import ipaddress

from devstack.kubernetes.errors import invalid_value, required, unsupported
from devstack.kubernetes.objects import Object, at, dump, quote
from devstack.kubernetes.validation_pod import port_number


def service_causes(obj: Object) -> list[Object]:
    """The causes for which a Service is refused."""
    spec = obj.get("spec") or {}
    kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
    causes = []
    if spec.get("type") not in kinds:
        causes.append(unsupported("spec.type", dump(spec.get("type")), kinds))
    ports = spec.get("ports") or []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(required("spec.ports"))
    for index, port in enumerate(ports):
        here = f"spec.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            causes.append(required(f"{here}.name"))
        causes += port_number(port.get("port"), f"{here}.port")
        if isinstance(port.get("targetPort"), int):
            causes += port_number(port["targetPort"], f"{here}.targetPort")
    return causes


def service_change_causes(obj: Object, live: Object) -> list[Object]:
    """The causes for which a change of a Service is refused."""
    before, after = at(live, "spec", "clusterIP"), at(obj, "spec", "clusterIP")
    if not before or at(live, "spec", "type") == "ExternalName" or after == before:
        return []
    return [invalid_value("spec.clusterIPs[0]", f'["{after or ""}"]', "may not change once set")]


def network_policy_causes(obj: Object) -> list[Object]:
    """The causes for which a NetworkPolicy is refused."""
    spec = obj.get("spec") or {}
    causes = []
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in enumerate(spec.get(direction) or ()):
            for j, peer in enumerate(rule.get(peers) or ()):
                here = f"spec.{direction}[{i}].{peers}[{j}]"
                if not peer:
                    causes.append(required(here, "must specify a peer"))
                elif "ipBlock" in peer:
                    causes += _block(peer["ipBlock"], f"{here}.ipBlock")
            for j, port in enumerate(rule.get("ports") or ()):
                if isinstance(port.get("port"), int):
                    causes += port_number(port["port"], f"spec.{direction}[{i}].ports[{j}].port")
    for i, kind in enumerate(spec.get("policyTypes") or ()):
        if kind not in {"Ingress", "Egress"}:
            causes.append(unsupported(f"spec.policyTypes[{i}]", dump(kind), ["Egress", "Ingress"]))
    return causes


def _block(block: Object, field: str) -> list[Object]:
    causes = []
    shown = [(f"{field}.cidr", block.get("cidr", ""))]
    shown += [(f"{field}.except[{i}]", value) for i, value in enumerate(block.get("except") or ())]
    for where, value in shown:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            causes.append(invalid_value(where, quote(value), why))
    return causes


def role_causes(obj: Object) -> list[Object]:
    """The causes for which a Role is refused."""
    causes = []
    for i, rule in enumerate(obj.get("rules") or ()):
        if not rule.get("verbs"):
            causes.append(required(f"rules[{i}].verbs", "verbs must contain at least one value"))
        elif not rule.get("apiGroups") and not rule.get("nonResourceURLs"):
            why = "resource rules must supply at least one api group"
            causes.append(required(f"rules[{i}].apiGroups", why))
        elif not rule.get("resources") and not rule.get("nonResourceURLs"):
            why = "resource rules must supply at least one resource"
            causes.append(required(f"rules[{i}].resources", why))
    return causes


def binding_causes(obj: Object) -> list[Object]:
    """The causes for which a RoleBinding is refused."""
    reference = obj.get("roleRef") or {}
    causes = []
    if reference.get("kind") not in {"Role", "ClusterRole"}:
        causes.append(unsupported("roleRef.kind", dump(reference.get("kind", "")), ["ClusterRole", "Role"]))
    if not reference.get("name"):
        causes.append(required("roleRef.name"))
    for i, subject in enumerate(obj.get("subjects") or ()):
        if not subject.get("name"):
            causes.append(required(f"subjects[{i}].name"))
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            causes.append(required(f"subjects[{i}].namespace"))
    return causes


def binding_change_causes(obj: Object, live: Object) -> list[Object]:
    """The causes for which a change of a RoleBinding is refused."""
    reference = obj.get("roleRef")
    if reference == live.get("roleRef"):
        return []
    return [invalid_value("roleRef", dump(reference), "cannot change roleRef")]
