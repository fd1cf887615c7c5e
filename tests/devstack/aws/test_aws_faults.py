"""Faults at the wire: refusals, delays, answers that are lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from tests.devstack.aws.support import CALLER, CLUSTER, TRUST, ZONE, Aws, refused, unique

# moto warns of codes that no model has; injected ones are such.
pytestmark = pytest.mark.filterwarnings("ignore:Exception.*does not match an error shape")

CALLS: dict[str, Callable[[Aws], Any]] = {
    "rds": lambda aws: aws.rds.describe_db_instances(),
    "iam": lambda aws: aws.iam.list_roles(),
    "s3": lambda aws: aws.s3.list_buckets(),
    "route53": lambda aws: aws.route53.get_hosted_zone(Id=ZONE),
    "eks": lambda aws: aws.eks.describe_cluster(name=CLUSTER),
    "secretsmanager": lambda aws: aws.secrets.list_secrets(),
}


@pytest.mark.parametrize("service", sorted(CALLS))
def test_a_refusal_is_written_in_each_protocol(aws: Aws, service: str) -> None:
    """boto3 reads code, message, status and Retry-After of an injected refusal of any service."""
    fault = {
        "match": {"service": service},
        "action": "refuse",
        "code": "SlowDown",
        "status": 503,
        "message": "Please reduce your request rate.",
        "retry_after": 7,
        "times": 1,
    }
    aws.control("POST", "faults", fault)
    with pytest.raises(ClientError) as caught:
        CALLS[service](aws)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "SlowDown"
    assert answer["Error"].get("Message") == "Please reduce your request rate."
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"
    CALLS[service](aws)


def test_a_dropped_answer_keeps_the_effect(aws: Aws) -> None:
    """The client sees the connection end, and the role is there all the same."""
    name = unique("role")
    aws.control(
        "POST", "faults", {"match": {"resource": name}, "action": "drop_answer", "times": 1, "id": "drop"}
    )
    with pytest.raises(HTTPClientError):
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    aws.iam.get_role(RoleName=name)
    dropped = aws.calls(operation="CreateRole", resource=name)
    assert [(call["dropped"], call["fault"], call["status"]) for call in dropped] == [(True, "drop", 200)]


def test_a_delay_holds_the_answer_back(aws: Aws) -> None:
    """A delayed call takes that long, and others do not wait for it."""
    fault = {"match": {"operation": "ListRoles"}, "action": "delay", "seconds": 0.5, "times": 1}
    aws.control("POST", "faults", fault)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        delayed = pool.submit(aws.iam.list_roles)
        while not aws.control("GET", "faults")["faults"][0]["taken"]:
            pass
        aws.s3.list_buckets()
        assert not delayed.done()
        delayed.result()
    assert time.monotonic() - started >= 0.5


def test_a_removed_delay_lets_go(aws: Aws) -> None:
    """What a delay holds is answered as soon as the fault is removed."""
    aws.control(
        "POST",
        "faults",
        {"id": "hold", "match": {"operation": "ListRoles"}, "action": "delay", "seconds": 60},
    )
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(aws.iam.list_roles)
        while not aws.control("GET", "faults")["faults"][0]["taken"]:
            pass
        aws.control("DELETE", "faults/hold")
        held.result(timeout=10)


def test_faults_befall_only_what_matches(aws: Aws) -> None:
    """Patterns of service, operation, resource and caller must all fit."""
    base = {"service": "secretsmanager", "operation": "Create*", "resource": "pick-*", "caller": CALLER}
    aws.control("POST", "faults", {"match": base, "action": "refuse", "code": "AccessDenied", "status": 403})
    name = unique("pick")
    refusal = refused(aws.secrets.create_secret, Name=name, SecretString="s")
    assert (refusal.code, refusal.status) == ("AccessDenied", 403)
    aws.secrets.create_secret(Name=unique("other"), SecretString="s")
    aws.as_caller("AKIAFRONTTEST0000003").secrets.create_secret(Name=name, SecretString="s")
    aws.secrets.describe_secret(SecretId=name)


def test_faults_are_counted_listed_and_removed(aws: Aws) -> None:
    """A fault shows how often it was taken, ends after its times, and can be removed by id."""
    fault = {"id": "f1", "match": {"operation": "ListRoles"}, "action": "refuse", "times": 2}
    aws.control("POST", "faults", fault)
    for _ in range(2):
        with pytest.raises(ClientError):
            aws.iam.list_roles()
    aws.iam.list_roles()
    assert [(f["id"], f["taken"]) for f in aws.control("GET", "faults")["faults"]] == [("f1", 2)]
    aws.control("DELETE", "faults/f1")
    assert aws.control("GET", "faults")["faults"] == []
    assert aws.ask("DELETE", "faults/f1").status_code == 404


def test_a_fault_takes_its_share(aws: Aws) -> None:
    """Of many calls a fault takes about the part that it says, and with the same seed the same ones."""

    def fates() -> list[bool]:
        aws.control("POST", "faults", {"id": "some", "action": "refuse", "share": 0.25, "seed": 7})
        return [_is_refused(aws) for _ in range(80)]

    first = fates()
    assert 8 <= sum(first) <= 32
    assert fates() == first
    aws.control("DELETE", "faults/some")


def _is_refused(aws: Aws) -> bool:
    try:
        aws.iam.list_roles()
    except ClientError:
        return True
    return False


def test_unusable_settings_are_refused(aws: Aws) -> None:
    """A body that does not fit is a 422 that says why, and an unknown path a 404."""
    for method, path, body in (
        ("POST", "faults", {"action": "explode"}),
        ("POST", "faults", {"action": "refuse", "match": {"color": "red"}}),
        ("PUT", "delays", {"database": -1}),
        ("PUT", "delays", {"coffee": 1}),
        ("PUT", "clock", {"now": "yesterday"}),
    ):
        answer = aws.ask(method, path, body)
        assert (answer.status_code, bool(answer.json()["error"])) == (422, True)
    assert aws.ask("GET", "nothing").status_code == 404
