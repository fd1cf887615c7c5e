"""IAM's limits, and the simulation of policies."""

import json
from typing import Any

import pytest

from tests.devstack.aws.support import TRUST, Aws, refused, unique


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _role(aws: Aws, *policies: str) -> str:
    name = unique("role")
    arn = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    for number, policy in enumerate(policies):
        aws.iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=policy)
    return arn


def _decide(aws: Aws, role: str, action: str, resource: str, **context: str) -> str:
    entries: Any = [
        {"ContextKeyName": key.replace("__", ":"), "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    results = aws.iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource], ContextEntries=entries
    )["EvaluationResults"]
    assert len(results) == 1
    assert (results[0]["EvalActionName"], results[0].get("EvalResourceName")) == (action, resource)
    return results[0]["EvalDecision"]


def test_a_role_keeps_to_iams_limits(aws: Aws) -> None:
    """Names over 64 characters, long descriptions, odd characters and sessions are refused."""
    wanted: dict[str, Any] = {"AssumeRolePolicyDocument": TRUST}
    aws.iam.create_role(RoleName="r" * 56 + unique("")[1:9], **wanted)
    for changes in (
        {"RoleName": "r" * 65},
        {"RoleName": "no spaces"},
        {"RoleName": unique(), "Description": "d" * 1001},
        {"RoleName": unique(), "MaxSessionDuration": 50_000},
        {"RoleName": unique(), "Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]},
    ):
        refusal = refused(aws.iam.create_role, **wanted, **changes)
        assert (refusal.code, refusal.status) == ("ValidationError", 400)


def test_role_names_are_taken_in_any_case(aws: Aws) -> None:
    """Two roles do not differ by case alone."""
    name = unique("Role")
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    again = refused(aws.iam.create_role, RoleName=name.lower(), AssumeRolePolicyDocument=TRUST)
    assert (again.code, again.status) == ("EntityAlreadyExists", 409)


def test_a_role_with_policies_is_not_deleted(aws: Aws) -> None:
    """Its inline policies go first."""
    name = _role(aws, _policy(_allow("s3:*", "*"))).rpartition("/")[2]
    conflict = refused(aws.iam.delete_role, RoleName=name)
    assert (conflict.code, conflict.status) == ("DeleteConflict", 409)
    aws.iam.delete_role_policy(RoleName=name, PolicyName="p0")
    aws.iam.delete_role(RoleName=name)
    assert refused(aws.iam.get_role, RoleName=name).code == "NoSuchEntity"


@pytest.mark.parametrize(
    "document",
    [
        "{not json",
        _policy({"Effect": "Allow", "Action": "s3:*"}),
        _policy({"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"}),
    ],
)
def test_malformed_policies_are_refused(aws: Aws, document: str) -> None:
    """A policy that IAM could not read is not stored."""
    name = _role(aws).rpartition("/")[2]
    refusal = refused(aws.iam.put_role_policy, RoleName=name, PolicyName="p", PolicyDocument=document)
    assert (refusal.code, refusal.status) == ("MalformedPolicyDocument", 400)
    assert aws.iam.list_role_policies(RoleName=name)["PolicyNames"] == []


@pytest.mark.parametrize("document", ["{not json", _policy(_allow("s3:GetObject", "*"))])
def test_malformed_trust_policies_are_refused(aws: Aws, document: str) -> None:
    """A trust policy that IAM could not read makes no role."""
    name = unique("role")
    refusal = refused(aws.iam.create_role, RoleName=name, AssumeRolePolicyDocument=document)
    assert refusal.code == "MalformedPolicyDocument"
    assert refused(aws.iam.get_role, RoleName=name).code == "NoSuchEntity"


def test_policies_have_a_size(aws: Aws) -> None:
    """All inline policies of a role share 10,240 bytes; a trust policy has 2,048."""
    name = _role(aws).rpartition("/")[2]
    half = _policy(_allow("s3:GetObject", [f"arn:aws:s3:::bucket-{'x' * 40}/{i:04}" for i in range(85)]))
    aws.iam.put_role_policy(RoleName=name, PolicyName="one", PolicyDocument=half)
    full = refused(aws.iam.put_role_policy, RoleName=name, PolicyName="two", PolicyDocument=half)
    assert (full.code, full.status) == ("LimitExceeded", 409)
    aws.iam.put_role_policy(RoleName=name, PolicyName="one", PolicyDocument=half)
    statement = json.loads(TRUST)["Statement"][0]
    long = _policy(*[{**statement, "Sid": f"s{i}"} for i in range(20)])
    refusal = refused(aws.iam.create_role, RoleName=unique(), AssumeRolePolicyDocument=long)
    assert refusal.code == "LimitExceeded"


def test_simulation_knows_actions_and_resources(aws: Aws) -> None:
    """Wildcards fit in actions without regard to case, and in resources with it."""
    role = _role(aws, _policy(_allow(["s3:Get*", "s3:ListBucket"], "arn:aws:s3:::mine-?/*")))
    cases = {
        ("s3:GetObject", "arn:aws:s3:::mine-1/a/b"): "allowed",
        ("S3:getobject", "arn:aws:s3:::mine-1/a"): "allowed",
        ("s3:PutObject", "arn:aws:s3:::mine-1/a"): "implicitDeny",
        ("s3:GetObject", "arn:aws:s3:::mine-12/a"): "implicitDeny",
        ("s3:GetObject", "arn:aws:s3:::Mine-1/a"): "implicitDeny",
        ("s3:GetObject", "arn:aws:s3:::mineX1/a"): "implicitDeny",
    }
    assert {case: _decide(aws, role, *case) for case in cases} == cases


def test_an_explicit_deny_wins(aws: Aws) -> None:
    """One denying statement outweighs every allowing one, in whichever policy."""
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "NotResource": "arn:aws:s3:::mine/tmp/*"}
    role = _role(aws, _policy(_allow("*", "*")), _policy(deny))
    assert _decide(aws, role, "s3:DeleteObject", "arn:aws:s3:::mine/kept") == "explicitDeny"
    assert _decide(aws, role, "s3:DeleteObject", "arn:aws:s3:::mine/tmp/x") == "allowed"


@pytest.mark.parametrize(
    ("condition", "context", "decision"),
    [
        ({"StringEquals": {"aws:PrincipalTag/tenant": "a"}}, {"aws:PrincipalTag/tenant": "a"}, "allowed"),
        (
            {"StringEquals": {"aws:PrincipalTag/tenant": "a"}},
            {"aws:PrincipalTag/tenant": "b"},
            "implicitDeny",
        ),
        ({"StringEquals": {"aws:PrincipalTag/tenant": "a"}}, {}, "implicitDeny"),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/tenant": "a"}}, {}, "allowed"),
        ({"StringNotEquals": {"aws:PrincipalTag/tenant": "a"}}, {}, "allowed"),
        ({"StringLike": {"s3:prefix": ["a/*", "b/*"]}}, {"s3:prefix": "b/c"}, "allowed"),
        ({"StringLike": {"s3:prefix": ["a/*", "b/*"]}}, {"s3:prefix": "c/b/"}, "implicitDeny"),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "false"}, "allowed"),
        ({"Null": {"s3:prefix": "true"}}, {}, "allowed"),
        (
            {"StringEquals": {"s3:prefix": "a"}, "StringLike": {"aws:PrincipalTag/tenant": "t*"}},
            {"s3:prefix": "a", "aws:PrincipalTag/tenant": "x"},
            "implicitDeny",
        ),
    ],
)
def test_simulation_knows_conditions(
    aws: Aws, condition: dict[str, Any], context: dict[str, str], decision: str
) -> None:
    """All conditions of a statement must hold in the given context."""
    role = _role(aws, _policy(_allow("s3:ListBucket", "*", Condition=condition)))
    assert _decide(aws, role, "s3:ListBucket", "arn:aws:s3:::mine", **context) == decision


def test_policy_variables_are_filled_in(aws: Aws) -> None:
    """A variable stands for its value, whose own wildcards count for nothing."""
    role = _role(aws, _policy(_allow("s3:GetObject", "arn:aws:s3:::mine/${aws:PrincipalTag/tenant}/*")))
    mine = "arn:aws:s3:::mine/a/x"
    assert _decide(aws, role, "s3:GetObject", mine, **{"aws:PrincipalTag/tenant": "a"}) == "allowed"
    assert _decide(aws, role, "s3:GetObject", mine, **{"aws:PrincipalTag/tenant": "b"}) == "implicitDeny"
    assert _decide(aws, role, "s3:GetObject", mine, **{"aws:PrincipalTag/tenant": "*"}) == "implicitDeny"
    assert _decide(aws, role, "s3:GetObject", mine) == "implicitDeny"


def test_simulation_covers_attached_policies_and_names_what_decided(aws: Aws) -> None:
    """Managed policies of the role count, and the deciding policy is named."""
    role = _role(aws)
    managed = aws.iam.create_policy(
        PolicyName=unique("managed"), PolicyDocument=_policy(_allow("sqs:*", "*"))
    )
    aws.iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=managed["Policy"]["Arn"])
    result = aws.iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["sqs:SendMessage", "s3:GetObject"]
    )["EvaluationResults"]
    assert [item["EvalDecision"] for item in result] == ["allowed", "implicitDeny"]
    assert result[0]["MatchedStatements"][0]["SourcePolicyId"] == managed["Policy"]["PolicyName"]
    custom = aws.iam.simulate_custom_policy(
        PolicyInputList=[_policy(_allow("s3:*", "*"))], ActionNames=["s3:GetObject"]
    )
    assert custom["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_simulation_refuses_what_it_cannot_judge(aws: Aws) -> None:
    """An unknown role, or an operator that is not evaluated here, is refused, not guessed."""
    unknown = refused(
        aws.iam.simulate_principal_policy,
        PolicySourceArn="arn:aws:iam::123456789012:role/none",
        ActionNames=["s3:GetObject"],
    )
    assert unknown.code == "NoSuchEntity"
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    role = _role(aws, _policy(_allow("s3:*", "*", Condition=condition)))
    operator = refused(aws.iam.simulate_principal_policy, PolicySourceArn=role, ActionNames=["s3:GetObject"])
    assert operator.code == "InvalidInput"
