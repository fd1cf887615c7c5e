"""The teleport blueprint: who may reach whom."""

from typing import Any

from catalog import Catalog
from tests.catalog.samples import object_of, objects_of, tenant_of

NAMESPACE = "tenantry-tabcdefghijk-ns"
POD_IDENTITY_AGENT = "169.254.170.23/32"


def policies(catalog: Catalog) -> dict[str, dict[str, Any]]:
    objects = objects_of(catalog, tenant_of(catalog, "team"))
    return {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "NetworkPolicy"}


def test_the_namespace_enforces_the_restricted_standard(catalog: Catalog) -> None:
    """Pods outside of the restricted standard are refused, warned of and audited."""
    labels = object_of(catalog, tenant_of(catalog, "team"), "Namespace", NAMESPACE)["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "warn", "audit")} == {
        "restricted"
    }


def test_everything_is_denied_that_no_policy_allows(catalog: Catalog) -> None:
    """One policy selects all pods and allows nothing, in both directions."""
    assert policies(catalog)["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_no_rule_reaches_into_another_namespace(catalog: Catalog) -> None:
    """Another tenant's pods are named by none: the one selector of namespaces is that of the cluster's DNS.

    A rule without peers would name everybody; the one there is lets clients in, and is held below.
    """
    spaces = []
    for spec in policies(catalog).values():
        outward = spec.get("egress", [])
        assert all(rule.get("to") for rule in outward)
        inward = [peer for rule in spec.get("ingress", []) for peer in rule.get("from", [])]
        assert [peer for peer in inward if peer != {"podSelector": {}}] == []
        spaces += [peer for rule in outward for peer in rule["to"] if "namespaceSelector" in peer]
    assert spaces == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]


def test_pods_reach_only_what_they_need(catalog: Catalog) -> None:
    """Beyond DNS and the namespace: the cell's database on 5432, AWS on 443, the Pod Identity agent on 80."""
    cell = catalog.cells["use1"]
    blocks = {
        (peer["ipBlock"]["cidr"], port["port"])
        for spec in policies(catalog).values()
        for rule in spec.get("egress", [])
        for peer in rule["to"]
        if "ipBlock" in peer
        for port in rule["ports"]
        if port["port"] != 53
    }
    assert blocks == {(cell.database.cidr, 5432), (cell.endpoint_cidr, 443), (POD_IDENTITY_AGENT, 80)}


def test_only_auth_reaches_the_database(catalog: Catalog) -> None:
    """A proxy, which faces the internet, has no way to the database."""
    selector = policies(catalog)["allow-auth-to-database"]["podSelector"]
    assert selector == {"matchLabels": {"app.kubernetes.io/name": "auth"}}


def test_strangers_reach_only_the_proxy(catalog: Catalog) -> None:
    """The one rule that lets in the world selects the proxy and its TLS port."""
    open_rules = [
        (spec["podSelector"], [port["port"] for port in rule["ports"]])
        for spec in policies(catalog).values()
        for rule in spec.get("ingress", [])
        if "from" not in rule
    ]
    assert open_rules == [({"matchLabels": {"app.kubernetes.io/name": "proxy"}}, [3080])]


def test_only_the_proxy_has_a_load_balancer(catalog: Catalog) -> None:
    """Auth is reached from within; the quota allows one load balancer, which is the proxy's, on 443."""
    objects = objects_of(catalog, tenant_of(catalog, "team"))
    services = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "Service"}
    balanced = {name for name, spec in services.items() if spec.get("type") == "LoadBalancer"}
    assert balanced == {"proxy"}
    assert [port["port"] for port in services["proxy"]["ports"]] == [443]
    quota = object_of(catalog, tenant_of(catalog, "team"), "ResourceQuota", "tenant")["spec"]["hard"]
    assert quota["services.loadbalancers"] == "1"
