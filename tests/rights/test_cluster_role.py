"""The shipped ClusterRole, read without a server. That it suffices is held by all tests of whole tenants."""

from domain.support import SLOTS, AccessMode, account_name, role_name
from tests.rights.shipped import shipped_catalog
from tests.rights.templates import cluster_rights, cluster_rules, rights_of
from tests.rights.unneeded import handed_on


def test_it_cannot_raise_itself() -> None:
    """No verb that gives more rights, no rule for everything, and no secrets; but for what is named."""
    rights = {right for rule in cluster_rules() if "resourceNames" not in rule for right in rights_of(rule)}
    assert not {right.verb for right in rights} & {"*", "bind", "escalate", "impersonate"}
    assert not {right.resource for right in rights} & {"*", "secrets", "pods/exec", "serviceaccounts/token"}
    assert "*" not in {right.group for right in rights}


def test_what_is_named_is_of_support_access() -> None:
    """It binds two roles and makes tokens of the accounts bound to them, and of no others."""
    named = [rule for rule in cluster_rules() if "resourceNames" in rule]
    assert {
        (verb, resource) for rule in named for verb in rule["verbs"] for resource in rule["resources"]
    } == {
        ("bind", "clusterroles"),
        ("create", "serviceaccounts/token"),
    }
    names = {name for rule in named for name in rule["resourceNames"]}
    assert names == {*map(role_name, AccessMode), *map(account_name, range(1, SLOTS + 1))}


def test_it_holds_what_blueprints_hand_on() -> None:
    """The Roles of the shipped blueprints give nothing that the worker has not."""
    assert handed_on(shipped_catalog())
    assert handed_on(shipped_catalog()) <= cluster_rights()
