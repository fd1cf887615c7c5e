"""Callers with policies are let in by them, and by nothing else."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from devstack.aws.front import AwsFront
from tests.devstack.aws.support import ACCOUNT, TRUST, Aws, unique

# moto looks for the code in the service's model, and AWS models it for none.
pytestmark = pytest.mark.filterwarnings("ignore:Exception.*does not match an error shape")

BOUND = "AKIAFRONTBOUND000001"
DENIED = "AKIAFRONTDENIED00001"
OURS = {"aws:ResourceTag/owner": "us"}


def allow(sid: str, actions: list[str], resource: str, **condition: dict[str, str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource, "Condition": condition}


POLICY = {
    "Statement": [
        allow("Find", ["s3:ListAllMyBuckets"], "*"),
        allow("Make", ["iam:CreateRole", "iam:TagRole"], f"arn:aws:iam::{ACCOUNT}:role/ours-*"),
        allow("Keep", ["iam:DeleteRole"], f"arn:aws:iam::{ACCOUNT}:role/*", StringEquals=OURS),
    ]
}
DENY = {"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def front() -> Iterator[AwsFront]:
    everything = allow("All", ["s3:ListAllMyBuckets"], "*")
    with AwsFront(policies={BOUND: [POLICY], DENIED: [{"Statement": [everything, DENY]}]}) as running:
        yield running


@pytest.fixture
def bound(front: AwsFront) -> Aws:
    return Aws(front.url, key=BOUND)


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    return str(error.value)


def make_role(aws: Aws, name: str, **tags: str) -> None:
    tagged: Any = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=tagged)


def test_what_is_allowed_is_done_and_noted(front: AwsFront, bound: Aws) -> None:
    """The statement, action and resource that let a call through are told by the control endpoint."""
    bound.s3.list_buckets()
    needed = httpx.get(f"{front.url}/_devstack/rights").json()[BOUND]
    assert ["Find", "s3:ListAllMyBuckets", "*"] in needed


def test_what_is_not_allowed_is_refused_in_the_words_of_aws(bound: Aws) -> None:
    """The refusal names the action and the resource, and nothing was done."""
    name = unique("theirs")
    with pytest.raises(ClientError) as error:
        make_role(bound, name)
    assert f"not authorized to perform: iam:CreateRole on resource: arn:aws:iam::{ACCOUNT}:role/{name}" in (
        refusal(error)
    )
    assert name not in {role["RoleName"] for role in Aws(bound.url).iam.list_roles()["Roles"]}


def test_a_call_that_nobody_looked_up_is_refused(bound: Aws) -> None:
    """Until somebody writes down what it needs."""
    with pytest.raises(ClientError) as error:
        bound.iam.list_users()
    assert "iam:ListUsers is not in devstack/aws/rights.yaml" in refusal(error)


def test_tags_of_the_thing_decide(bound: Aws) -> None:
    """A role that bears another owner's tag, or none, is not deleted; ours is."""
    ours, theirs = unique("ours"), unique("ours")
    make_role(bound, ours, owner="us")
    make_role(bound, theirs, owner="them")
    with pytest.raises(ClientError) as error:
        bound.iam.delete_role(RoleName=theirs)
    assert "iam:DeleteRole" in refusal(error)
    bound.iam.delete_role(RoleName=ours)


def test_a_denial_outweighs_what_is_allowed(front: AwsFront) -> None:
    """As for the roles that may do nothing."""
    with pytest.raises(ClientError) as error:
        Aws(front.url, key=DENIED).s3.list_buckets()
    assert "explicit deny" in refusal(error)
