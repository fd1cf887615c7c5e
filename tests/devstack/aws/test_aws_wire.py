"""Faults, recording, callers, and HTTP itself."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from devstack.aws import AwsFront
from tests.devstack.aws.support import CALLER, CLUSTER, DOMAIN, TRUST, ZONE, Aws, refused, unique

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
    assert httpx.delete(f"{aws.url}/_devstack/faults/f1").status_code == 404


def test_unusable_settings_are_refused(aws: Aws) -> None:
    """A body that does not fit is a 422 that says why, and an unknown path a 404."""
    for method, path, body in (
        ("POST", "faults", {"action": "explode"}),
        ("POST", "faults", {"action": "refuse", "match": {"color": "red"}}),
        ("PUT", "delays", {"database": -1}),
        ("PUT", "delays", {"coffee": 1}),
        ("PUT", "clock", {"now": "yesterday"}),
    ):
        answer = httpx.request(method, f"{aws.url}/_devstack/{path}", json=body)
        assert (answer.status_code, bool(answer.json()["error"])) == (422, True)
    assert httpx.get(f"{aws.url}/_devstack/nothing").status_code == 404


def test_calls_are_recorded_without_bodies(aws: Aws) -> None:
    """Service, operation, names, region, caller and outcome are kept; values and secrets are not."""
    ireland, name, secret = aws.elsewhere("eu-west-1"), unique("secret"), "hush-" + unique()
    ireland.secrets.create_secret(Name=name, SecretString=secret)
    refused(ireland.secrets.get_secret_value, SecretId=f"{name}-none")
    database = aws.database(MasterUserPassword=secret)
    seen = [
        {key: call[key] for key in ("service", "operation", "region", "caller", "status", "code")}
        for call in aws.calls(region="eu-west-1")
        if name in "".join(call["resources"])
    ]
    common = {"service": "secretsmanager", "region": "eu-west-1", "caller": CALLER}
    assert seen == [
        {**common, "operation": "CreateSecret", "status": 200, "code": None},
        {
            **common,
            "operation": "GetSecretValue",
            "status": 400,
            "code": "ResourceNotFoundException",
        },
    ]
    assert [call["operation"] for call in aws.calls(resource=database)] == ["CreateDBInstance"]
    assert secret not in json.dumps(aws.calls())


def test_dns_names_are_recorded(aws: Aws) -> None:
    """A change of records is recorded with the zone and each name."""
    name = f"{unique()}.{DOMAIN}"
    text: Any = {"Name": name, "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": '"x"'}]}
    aws.route53.change_resource_record_sets(
        HostedZoneId=ZONE, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": text}]}
    )
    assert aws.calls(resource=name)[0]["resources"] == [ZONE, name]


def test_the_record_can_be_cleared(aws: Aws) -> None:
    """After clearing, only what is called next is there."""
    aws.control("DELETE", "calls")
    aws.s3.list_buckets()
    assert [call["operation"] for call in aws.calls()] == ["ListBuckets"]


def test_a_connection_is_kept_alive(aws: Aws) -> None:
    """Many calls of any outcome go over one connection."""
    address = urlsplit(aws.url)
    connection = http.client.HTTPConnection(address.netloc, timeout=5)
    connection.connect()
    sockets = set()
    for path in ("/", "/no-such-bucket", "/_devstack/healthz", "/no-such-bucket/key"):
        for method in ("GET", "HEAD"):
            connection.request(method, path)
            connection.getresponse().read()
            assert connection.sock is not None
            sockets.add(connection.sock.getsockname())
    assert len(sockets) == 1
    connection.close()


def test_only_configured_callers_are_let_in() -> None:
    """With a list of callers, every other key is refused in each service's way."""
    with AwsFront(callers=[CALLER]) as front:
        aws = Aws(front.url)
        aws.iam.list_roles()
        stranger = aws.as_caller("AKIAFRONTTEST0000009")
        iam, s3 = refused(stranger.iam.list_roles), refused(stranger.s3.list_buckets)
    assert (iam.code, iam.status) == ("InvalidClientTokenId", 403)
    assert (s3.code, s3.status) == ("InvalidAccessKeyId", 403)


def test_a_stopped_front_ends_its_connections() -> None:
    """A client that kept a connection alive is not answered by a front that was stopped."""
    front = AwsFront().start()
    aws = Aws(front.url)
    aws.iam.list_roles()
    front.stop()
    with pytest.raises(BotoCoreError):
        aws.iam.list_roles()


def test_many_threads_at_once(aws: Aws) -> None:
    """Threads that each make, tag, read and remove their own things do not disturb each other."""
    problems: list[BaseException] = []

    def tenant(number: int) -> None:
        try:
            _live(aws, f"{unique()}-{number}")
        except BaseException as problem:  # noqa: BLE001 -- shown below, all of them
            problems.append(problem)

    threads = [threading.Thread(target=tenant, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def _live(aws: Aws, name: str) -> None:
    aws.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": [{"Key": "tenant", "Value": name}]})
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    aws.secrets.create_secret(Name=name, SecretString=name)
    association = aws.eks.create_pod_identity_association(
        clusterName=CLUSTER, namespace=name, serviceAccount="auth", roleArn=role
    )["association"]["associationId"]
    text: Any = {"Name": f"{name}.{DOMAIN}", "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": '"x"'}]}
    for action in ("CREATE", "DELETE"):
        batch: Any = {"Changes": [{"Action": action, "ResourceRecordSet": text}]}
        aws.route53.change_resource_record_sets(HostedZoneId=ZONE, ChangeBatch=batch)
    assert aws.s3.get_bucket_tagging(Bucket=name)["TagSet"][0]["Value"] == name
    assert aws.secrets.get_secret_value(SecretId=name)["SecretString"] == name
    aws.eks.delete_pod_identity_association(clusterName=CLUSTER, associationId=association)
    aws.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    aws.iam.delete_role(RoleName=name)
    aws.s3.delete_bucket(Bucket=name)
