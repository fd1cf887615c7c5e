"""What the roles of one tenant may touch."""

import fnmatch
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalog import Catalog, load_catalog
from domain.blueprint import StepKind
from domain.naming import resource_name
from tests.catalog.samples import ROOT, tenant_of

CATALOG = load_catalog(ROOT / "plans.yaml", ROOT / "cells.yaml", ROOT / "blueprints")

installs = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
tenant_ids = st.from_regex(r"[a-z][a-z0-9]{11}", fullmatch=True)
# Alike on purpose: neighbours in the alphabet, one install that starts with the other.
alike_ids = st.from_regex(r"t[ab]{11}", fullmatch=True)


def allowed(policy: dict[str, Any]) -> list[str]:
    """Resource patterns of the statements that allow something."""
    patterns: list[str] = []
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow":
            resources = statement["Resource"]
            patterns += [resources] if isinstance(resources, str) else resources
    return patterns


def patterns_of(catalog: Catalog, install: str, tenant_id: str) -> list[str]:
    tenant = tenant_of(catalog, "team", install=install, tenant_id=tenant_id)
    blueprint = catalog.blueprint_of("team")
    roles = [step.name for step in blueprint.model.steps if step.kind is StepKind.ROLE]
    return [pattern for role in roles for pattern in allowed(blueprint.policy(role, tenant))]


def arns_of(catalog: Catalog, install: str, tenant_id: str) -> list[str]:
    """ARNs of a tenant's things as AWS would write them, with an object in the bucket."""
    tenant = tenant_of(catalog, "team", install=install, tenant_id=tenant_id)
    place = f"{tenant.cell.region}:{tenant.cell.account_id}"
    arns = []
    for step in catalog.blueprint_of("team").model.steps:
        name = resource_name(install, tenant_id, step.name)
        match step.kind:
            case StepKind.BUCKET:
                arns += [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/sessions/1.tar"]
            case StepKind.SECRET:
                arns.append(f"arn:aws:secretsmanager:{place}:secret:{name}-Ab12Cd")
            case StepKind.ROLE:
                arns.append(f"arn:aws:iam::{tenant.cell.account_id}:role/{name}")
            case StepKind.DATABASE:
                arns.append(f"arn:aws:rds:{place}:db:{name}")
            case _:
                pass
    return arns


def matches(pattern: str, arn: str) -> bool:
    """IAM's wildcards: `*` for any text, `?` for one character; nothing else is special."""
    return fnmatch.fnmatchcase(arn, pattern.replace("[", "[[]"))


@settings(max_examples=60)
@given(
    st.tuples(installs, tenant_ids | alike_ids),
    st.tuples(installs, tenant_ids | alike_ids),
)
def test_no_policy_matches_a_thing_of_another_tenant(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Whatever the two tenants are called, no role of the one may touch a thing of the other."""
    assume(one[1] != other[1])
    arns = arns_of(CATALOG, *other)
    for pattern in patterns_of(CATALOG, *one):
        assert [arn for arn in arns if matches(pattern, arn)] == []


def test_policies_match_the_tenants_own_things(catalog: Catalog) -> None:
    """Auth reaches its recordings and the operator its secrets: isolation is not for allowing nothing."""
    patterns = patterns_of(catalog, "tenantry", "tabcdefghijk")
    reached = {
        arn
        for arn in arns_of(catalog, "tenantry", "tabcdefghijk")
        if any(matches(pattern, arn) for pattern in patterns)
    }
    prefix = "tenantry-tabcdefghijk"
    assert reached == {
        f"arn:aws:s3:::{prefix}-recordings",
        f"arn:aws:s3:::{prefix}-recordings/sessions/1.tar",
        f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{prefix}-database-password-Ab12Cd",
        f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{prefix}-usage-token-Ab12Cd",
    }


def test_each_role_may_do_only_its_part(catalog: Catalog) -> None:
    """Auth keeps recordings but deletes none, proxy may do nothing, only the operator reads the secret."""
    blueprint, tenant = catalog.blueprint_of("team"), tenant_of(catalog, "team")

    def actions(role: str) -> set[str]:
        statements = blueprint.policy(role, tenant)["Statement"]
        return {action for item in statements if item["Effect"] == "Allow" for action in item["Action"]}

    assert actions("secrets-role") == {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
    assert actions("proxy-role") == set()
    assert all(action.startswith("s3:") for action in actions("auth-role"))
    assert not any("Delete" in action or "*" in action for action in actions("auth-role"))
    assert {"s3:PutObject", "s3:GetObject", "s3:ListBucket"} <= actions("auth-role")


def test_policies_fit_the_size_that_iam_takes(catalog: Catalog) -> None:
    """No policy comes near IAM's 10,240 characters for the inline policies of a role."""
    blueprint = catalog.blueprint_of("team")
    for step in blueprint.model.steps:
        if step.kind is StepKind.ROLE:
            assert len(str(blueprint.policy(step.name, tenant_of(catalog, "team")))) < 5_000
