"""The shipped IAM policies, read without a server. That they suffice is held by all tests that reach AWS."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidSpec
from runtime.settings import Role
from tests.rights.reference import condition_keys, entries, fits
from tests.rights.shipped import ELSEWHERE, shipped_cells
from tests.rights.templates import aws_rights, listed, statements
from worker.policies import LIMIT, policies_of, size_of, write_policies
from worker.roles import ROLES

ALLOWING = [statement for statement in statements() if statement["Effect"] == "Allow"]
named = pytest.mark.parametrize("statement", ALLOWING, ids=lambda statement: statement["Sid"])


@named
def test_every_action_exists_and_fits_a_resource(statement: dict[str, Any]) -> None:
    """No action is misspelt, and neither it nor a resource stands there for nothing."""
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    fitting = {(one, other) for one, other in product(actions, resources) if fits(one, other)}
    assert {action for action, _ in fitting} == set(actions)
    assert {resource for _, resource in fitting} == set(resources)


@named
def test_conditions_ask_for_what_the_service_tells(statement: dict[str, Any]) -> None:
    """A condition on a key that the action does not have would allow nothing, or everything."""
    asked = {key for keys in statement.get("Condition", {}).values() for key in keys}
    for action in listed(statement["Action"]):
        assert {key.partition("/")[0] for key in asked} <= condition_keys(action), action


def test_only_lists_reach_beyond_our_names() -> None:
    """Whatever reads or changes a thing is bound to our names, to our cells, or is named below."""
    for right in aws_rights():
        bound = "<install>-" in right.resource or any(
            place in right.resource for place in ("<cluster>", "<zone>", "<subnet-group>")
        )
        levels = {entry["access_level"] for entry in entries(right.action)}
        assert bound or levels == {"List"} or right in BESIDE, right


BESIDE = {
    right
    for right in aws_rights()
    if right.action in {"iam:CreateServiceLinkedRole", "route53:GetChange"}
    or right.resource.endswith(":og:default:postgres-*")
}
"""A role that only RDS can use, whether a change has spread, and RDS's own option groups."""


@pytest.mark.parametrize("role", ELSEWHERE)
def test_other_roles_may_do_nothing(role: Role) -> None:
    """Billing, records and the clusters' workers are denied all of AWS, and so every tenant's database."""
    (policy,) = policies_of(role, "tenantry", shipped_cells()).values()
    assert [(one["Effect"], one["Action"], one["Resource"]) for one in policy["Statement"]] == [
        ("Deny", "*", "*")
    ]


def test_rendered_policies_are_whole_and_fit(tmp_path: Path) -> None:
    """Every place is filled in, for all cells, and IAM takes the length."""
    files = write_policies(tmp_path, ROLES, "tenantry", shipped_cells())
    text = "".join(file.read_text() for file in files)
    assert "<" not in text
    assert all(cell.hosted_zone_id in text and cell.region in text for cell in shipped_cells())
    for role in ROLES:
        for policy in policies_of(role, "tenantry", shipped_cells()).values():
            assert size_of(policy) <= LIMIT


def test_too_many_cells_are_refused() -> None:
    """A policy that IAM would refuse is not written."""
    cell = shipped_cells()[0]
    many = [cell.model_copy(update={"region": f"us-east-{n}", "cluster": f"cluster-{n}"}) for n in range(40)]
    with pytest.raises(InvalidSpec, match="aws-databases"):
        policies_of("aws", "tenantry", many)
