"""IAM roles."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.errors import OwnershipConflict, Unavailable
from domain.naming import namespace_name
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

STEP = "auth-role"
FOREIGN_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def role_of(subject: Subject, step: str = STEP) -> dict[str, Any]:
    iam, name = subject.aws("iam"), subject.name(step)
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return {
        "role": iam.get_role(RoleName=name)["Role"],
        "policies": {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in policies
        },
    }


def test_a_pods_role_trusts_only_its_service_account_and_names_only_the_tenants_things(
    subject: Subject,
) -> None:
    """The trust policy binds cluster, namespace and service account; the policy names exact ARNs."""
    outcome = subject.ensure(STEP)
    found = role_of(subject)
    (trust,) = found["role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    cell = subject.cell
    assert trust["Condition"]["StringEquals"] == {
        "aws:SourceAccount": cell.account_id,
        "aws:RequestTag/eks-cluster-arn": (
            f"arn:aws:eks:{cell.region}:{cell.account_id}:cluster/{cell.cluster}"
        ),
        "aws:RequestTag/kubernetes-namespace": namespace_name(subject.tenant.install, subject.tenant.id),
        "aws:RequestTag/kubernetes-service-account": ["auth"],
    }
    (policy,) = found["policies"].values()
    for statement in policy["Statement"]:
        assert subject.tenant.id in statement["Resource"]
    assert {tag["Key"]: tag["Value"] for tag in found["role"]["Tags"]} == subject.tags(STEP)
    assert outcome.outputs[f"{STEP}.arn"] == found["role"]["Arn"] == subject.row(STEP).provider_id


def test_a_role_for_secrets_trusts_only_the_operator(subject: Subject) -> None:
    """Only the cell's External Secrets Operator may assume the role that reads the secret."""
    subject.ensure("secrets-role")
    (trust,) = role_of(subject, "secrets-role")["role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": subject.cell.operator_role_arn}


def test_ensure_twice_is_ensure_once(subject: Subject) -> None:
    """A second run changes nothing and answers the same."""
    first = subject.ensure(STEP)
    before = role_of(subject)
    assert subject.ensure(STEP) == first
    assert role_of(subject) == before


def test_drift_of_policy_and_trust_is_corrected(subject: Subject) -> None:
    """A policy and a trust that were widened by hand are narrowed again."""
    subject.ensure(STEP)
    before = role_of(subject)
    iam, name = subject.aws("iam"), subject.name(STEP)
    (policy,) = before["policies"]
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}], "Version": "2012-10-17"}
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(everything))
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=FOREIGN_TRUST)
    subject.ensure(STEP)
    assert role_of(subject) == before


@pytest.mark.parametrize("operation", ["CreateRole", "PutRolePolicy"])
def test_a_lost_answer_is_made_good_by_the_next_run(subject: Subject, faults: Faults, operation: str) -> None:
    """After a lost answer the next run completes the same role."""
    faults.drop_answer(operation, subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    subject.ensure(STEP)
    assert faults.taken() == 1
    assert len(role_of(subject)["policies"]) == 1


def test_a_foreign_role_is_left_untouched(subject: Subject) -> None:
    """A role under our name without our tags keeps its trust, its tags and its policies."""
    iam, name = subject.aws("iam"), subject.name(STEP)
    iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=FOREIGN_TRUST, Tags=[{"Key": "owner", "Value": "other"}]
    )
    before = role_of(subject)
    with pytest.raises(OwnershipConflict):
        subject.ensure(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert role_of(subject) == before


def test_remove_takes_policies_along(subject: Subject, faults: Faults) -> None:
    """Removal also detaches what was attached by hand, survives a lost answer, and is a success again."""
    subject.ensure(STEP)
    iam, name = subject.aws("iam"), subject.name(STEP)
    managed = iam.create_policy(
        PolicyName=f"{name}-managed",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        ),
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    faults.drop_answer("DeleteRole", name)
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove(STEP)
    subject.remove(STEP)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=name)
    assert subject.verify().survivors == []
    assert subject.proof(STEP) == "iam:GetRole answered NoSuchEntity"


def test_a_role_made_anew_by_a_stranger_does_not_hold_the_certificate_up(subject: Subject) -> None:
    """Ours was deleted by hand and a stranger took the name: another role id proves that ours is gone."""
    subject.ensure(STEP)
    iam, name = subject.aws("iam"), subject.name(STEP)
    subject.remove(STEP)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=FOREIGN_TRUST)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)


def test_our_role_without_its_tags_survives_verification(subject: Subject) -> None:
    """A role that we made and whose tags were taken off is neither deleted nor called gone."""
    subject.ensure(STEP)
    iam, name = subject.aws("iam"), subject.name(STEP)
    iam.untag_role(RoleName=name, TagKeys=list(subject.tags(STEP)))
    subject.remove(STEP)
    assert [ref.name for ref in subject.verify().survivors] == [name]
