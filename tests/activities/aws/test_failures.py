"""What botocore raises, in terms of domain/errors.py."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from activities.aws.failures import aws_errors
from domain.errors import (
    LEAKED_TEXT_LIMIT,
    AccessDenied,
    InvalidSpec,
    OwnershipConflict,
    QuotaExceeded,
    TenantryError,
    Throttled,
    Unavailable,
)

ENDPOINT = "https://s3.example.com"


def answered(
    code: str, status: int = 400, message: str = "no", headers: dict[str, str] | None = None
) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}},
    }
    return ClientError(response, "DoThing")


def mapped(error: Exception) -> TenantryError:
    with pytest.raises(TenantryError) as raised, aws_errors():
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("Throttling", 400, Throttled),
        ("ThrottlingException", 400, Throttled),
        ("RequestLimitExceeded", 503, Throttled),
        ("SlowDown", 503, Throttled),
        ("TooManyRequestsException", 429, Throttled),
        ("PriorRequestNotComplete", 400, Throttled),
        ("429", 429, Throttled),
        ("InternalFailure", 500, Unavailable),
        ("Whatever", 502, Unavailable),
        ("ServiceUnavailable", 503, Unavailable),
        ("RequestTimeout", 400, Unavailable),
        ("OperationAborted", 409, Unavailable),
        ("ConcurrentModification", 409, Unavailable),
        ("ExpiredToken", 403, Unavailable),
        ("InvalidDBInstanceState", 400, Unavailable),
        ("InvalidDBParameterGroupState", 400, Unavailable),
        ("NoSuchEntity", 404, Unavailable),
        ("DBInstanceAlreadyExists", 400, Unavailable),
        ("BucketAlreadyOwnedByYou", 409, Unavailable),
        ("BucketAlreadyExists", 409, OwnershipConflict),
        ("AccessDenied", 403, AccessDenied),
        ("AccessDeniedException", 400, AccessDenied),
        ("UnauthorizedOperation", 403, AccessDenied),
        ("InvalidClientTokenId", 403, AccessDenied),
        ("SignatureDoesNotMatch", 403, AccessDenied),
        ("403", 403, AccessDenied),
        ("InstanceQuotaExceeded", 400, QuotaExceeded),
        ("StorageQuotaExceeded", 400, QuotaExceeded),
        ("LimitExceeded", 409, QuotaExceeded),
        ("LimitExceededException", 400, QuotaExceeded),
        ("ResourceLimitExceededException", 400, QuotaExceeded),
        ("TooManyBuckets", 400, QuotaExceeded),
        ("InvalidParameterValue", 400, InvalidSpec),
        ("InvalidParameterCombination", 400, InvalidSpec),
        ("ValidationException", 400, InvalidSpec),
        ("MalformedPolicyDocument", 400, InvalidSpec),
        ("InsufficientDBInstanceCapacity", 400, InvalidSpec),
        ("DBSubnetGroupNotFoundFault", 404, InvalidSpec),
        ("NoSuchHostedZone", 404, InvalidSpec),
    ],
)
def test_every_answer_has_its_meaning(code: str, status: int, expected: type[TenantryError]) -> None:
    """The table of architecture.md, code by code; text and cause say what AWS said."""
    error = mapped(answered(code, status))
    assert type(error) is expected
    assert str(error) == f"DoThing answered {code}: no"
    assert isinstance(error.__cause__, ClientError)


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (EndpointConnectionError(endpoint_url=ENDPOINT), Unavailable),
        (ConnectTimeoutError(endpoint_url=ENDPOINT), Unavailable),
        (ReadTimeoutError(endpoint_url=ENDPOINT), Unavailable),
        (ConnectionClosedError(endpoint_url=ENDPOINT), Unavailable),
        (CredentialRetrievalError(provider="iam-role", error_msg="away"), Unavailable),
        (ResponseParserError("no XML"), Unavailable),
        (NoCredentialsError(), AccessDenied),
    ],
)
def test_a_call_without_an_answer_has_its_meaning(cause: Exception, expected: type[TenantryError]) -> None:
    """What never came back is worth another try; missing credentials are not."""
    assert type(mapped(cause)) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, timedelta(seconds=7)),
        ({"retry-after": "0.5"}, timedelta(seconds=0.5)),
        (
            {"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            timedelta(seconds=30),
        ),
        (
            {"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            timedelta(),
        ),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("code", ["SlowDown", "ServiceUnavailable"])
def test_a_delay_that_aws_asks_for_is_kept(
    code: str, headers: dict[str, str], expected: timedelta | None
) -> None:
    """Retry-After in seconds or as a date becomes the delay; nonsense becomes none."""
    error = mapped(answered(code, 503, headers=headers))
    assert isinstance(error, Throttled | Unavailable)
    assert error.retry_after == expected


def test_text_is_capped_also_in_the_cause() -> None:
    """An answer of a megabyte fills neither our message nor that of its cause."""
    error = mapped(answered("InvalidParameterValue", message="x" * 1_000_000))
    assert len(str(error)) <= LEAKED_TEXT_LIMIT
    assert len(str(error.__cause__)) <= LEAKED_TEXT_LIMIT + 100


def test_secrets_are_blotted_out() -> None:
    """A value that was put into the list appears neither in the error nor in its cause."""

    def fail() -> None:
        with aws_errors() as hidden:
            hidden.append("hunter2")
            raise answered("InvalidParameterValue", message="bad password hunter2!")

    with pytest.raises(InvalidSpec) as raised:
        fail()
    assert "hunter2" not in str(raised.value)
    assert "***" in str(raised.value)
    assert "hunter2" not in str(raised.value.__cause__)


def test_a_call_that_botocore_refuses_to_send_shows_no_values() -> None:
    """botocore's own validation quotes what it was given; only the names of parameters pass."""
    client = boto3.client("rds", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(InvalidSpec, match="MasterUserPassword") as raised, aws_errors():
        client.create_db_instance(
            DBInstanceIdentifier="x",
            DBInstanceClass="db.t4g.small",
            Engine="postgres",
            MasterUserPassword=["hunter2"],  # type: ignore[arg-type]  # the mistake under test
        )
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert not isinstance(raised.value.__context__, ParamValidationError) or raised.value.__suppress_context__


def test_our_own_errors_pass_unchanged() -> None:
    """What was already translated inside is not translated again."""
    with pytest.raises(QuotaExceeded, match="ours"), aws_errors():
        raise QuotaExceeded("ours")
