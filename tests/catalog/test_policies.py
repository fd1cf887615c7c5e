"""What the roles of one tenant may touch, by the evaluator of the AWS stand-in."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalog import Catalog, load_catalog
from devstack.aws.policy import Request, judge
from domain.blueprint import StepKind
from domain.naming import resource_name
from tests.catalog.samples import ROOT, objects_of, tenant_of

CATALOG = load_catalog(ROOT / "plans.yaml", ROOT / "cells.yaml", ROOT / "blueprints")
PROBES = frozenset(
    "s3:DeleteObject s3:GetObject s3:ListBucket secretsmanager:GetSecretValue rds:DeleteDBInstance "
    "rds-db:connect iam:PassRole sts:AssumeRole".split()
)
"""Asked for besides what the policies themselves name."""

Who = tuple[str, str, str]
"""Install, tenant id and slug."""
installs = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
tenant_ids = st.from_regex(r"[a-z][a-z0-9]{11}", fullmatch=True)
# Alike on purpose: neighbours in the alphabet, one install or slug that starts with the other.
alike_ids = st.from_regex(r"t[ab]{11}", fullmatch=True)
slugs = st.from_regex(r"[a-z](-?[a-z0-9]){2,15}", fullmatch=True) | st.from_regex(r"a{3,6}", fullmatch=True)
tenants = st.tuples(installs, tenant_ids | alike_ids, slugs)


def statements_of(catalog: Catalog, install: str, tenant_id: str, slug: str = "acme") -> list[dict[str, Any]]:
    """Of all roles of a tenant."""
    tenant = tenant_of(catalog, "team", install=install, tenant_id=tenant_id, slug=slug)
    blueprint = catalog.blueprint_of("team")
    roles = [step.name for step in blueprint.model.steps if step.kind is StepKind.ROLE]
    return [one for role in roles for one in blueprint.policy(role, tenant)["Statement"]]


def may(statements: list[dict[str, Any]], action: str, arn: str) -> bool:
    """Whether some role may; a denial of another role of the tenant takes nothing away."""
    return any(judge(one, Request(action, arn)).effect == "Allow" for one in statements)


def actions_in(statements: list[dict[str, Any]]) -> set[str]:
    return {action for one in statements if one["Effect"] == "Allow" for action in one["Action"]}


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


@settings(max_examples=60)
@given(tenants, tenants)
def test_no_role_may_touch_a_thing_of_another_tenant(one: Who, other: Who) -> None:
    """Whatever two tenants are called, no role of the one may do anything to a thing of the other."""
    assume(one[1] != other[1])
    statements = statements_of(CATALOG, *one)
    arns = arns_of(CATALOG, *other[:2])
    for action in actions_in(statements) | PROBES:
        assert [arn for arn in arns if may(statements, action, arn)] == []


@settings(max_examples=20)
@given(tenants, tenants)
def test_nothing_in_a_cluster_names_another_tenant(one: Who, other: Who) -> None:
    """Objects stand in the tenant's own namespace, give rights in it alone, and to a group of its own."""
    assume(one[1] != other[1])
    objects, others = (
        objects_of(CATALOG, tenant_of(CATALOG, "team", install=who[0], tenant_id=who[1], slug=who[2]))
        for who in (one, other)
    )
    assert _namespaces(objects) == {resource_name(one[0], one[1], "ns")}
    assert not _namespaces(objects) & _namespaces(others)
    assert not any(found["kind"].startswith("Cluster") for found in objects)
    assert _groups(objects)
    assert not _groups(objects) & _groups(others)


def _namespaces(objects: list[dict[str, Any]]) -> set[str]:
    return {found["metadata"]["name" if found["kind"] == "Namespace" else "namespace"] for found in objects}


def _groups(objects: list[dict[str, Any]]) -> set[str]:
    bindings = [found for found in objects if found["kind"] == "RoleBinding"]
    assert all(binding["roleRef"]["kind"] == "Role" for binding in bindings)
    return {subject["name"] for binding in bindings for subject in binding["subjects"]}


def test_policies_match_the_tenants_own_things(catalog: Catalog) -> None:
    """Auth reaches its recordings and the operator its secrets: isolation is not for allowing nothing."""
    statements = statements_of(catalog, "tenantry", "tabcdefghijk")
    reached = {
        arn
        for arn in arns_of(catalog, "tenantry", "tabcdefghijk")
        if any(may(statements, action, arn) for action in actions_in(statements))
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
