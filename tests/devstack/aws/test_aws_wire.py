"""Recording, callers, and HTTP itself."""

import http.client
import json
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from devstack.aws import AwsFront
from tests.devstack.aws.support import CALLER, CLUSTER, DOMAIN, TRUST, ZONE, Aws, refused, unique

# moto warns of codes that no model has.
pytestmark = pytest.mark.filterwarnings("ignore:Exception.*does not match an error shape")


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


def test_what_nobody_implements_says_so(aws: Aws) -> None:
    """An operation that neither the front nor moto has is a 501, not a failure to be retried."""
    with pytest.raises(ClientError) as caught:
        aws.iam.get_service_last_accessed_details(JobId="j" * 36)
    error = caught.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("NotImplemented", 501)


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
