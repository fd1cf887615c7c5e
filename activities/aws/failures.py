"""What botocore raises, in terms of domain/errors.py. The only place that knows AWS's error codes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

from activities.aws.attempts import attempt
from domain.errors import (
    AccessDenied,
    InvalidSpec,
    OwnershipConflict,
    QuotaExceeded,
    TenantryError,
    Throttled,
    Unavailable,
    capped,
)

_THROTTLED = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete"
)
_UNAVAILABLE = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "DeleteConflict",
        "EntityTemporarilyUnmodifiable",
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalFailure",
        "InternalServiceError",
        "OperationAborted",
        "RequestExpired",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceFailure",
        "ServiceUnavailable",
    }
)
# Ours, seen a moment ago: not everywhere yet, or gone again; the next run of the step finds out which.
_UNSETTLED = re.compile(r"^NoSuchBucket$|^NoSuchEntity$|AlreadyExists|AlreadyOwnedByYou|ResourceExists")
_BUSY = re.compile(r"^InvalidDB(Instance|ParameterGroup)State(Fault)?$|^ResourceInUseException$")
_DENIED = re.compile(
    r"AccessDenied|Unauthorized|NotAuthorized|AuthFailure|OptInRequired|SignatureDoesNotMatch|"
    r"^InvalidClientTokenId$|^InvalidAccessKeyId$|^UnrecognizedClientException$|^IncompleteSignature$|"
    r"^MissingAuthenticationToken"
)
_QUOTA = re.compile(r"QuotaExceeded|LimitExceeded|^TooManyBuckets$|^MaxSpend")
NO_ANSWER = (HTTPClientError, NoConnection, ResponseParserError, CredentialRetrievalError)
_VALUE = re.compile(r", value: .*|, valid range.*", re.MULTILINE)


@contextmanager
def aws_errors() -> Iterator[list[str]]:
    """Turns what botocore raises inside into domain errors, with the cause kept and its text capped.

    Enter it at the start of an attempt: nothing is made any more when attempts.MAKING_SECONDS are over.
    Put a secret that goes to AWS into the yielded list: AWS may quote it back, and it must not leave.
    """
    secrets: list[str] = []
    try:
        with attempt():
            yield secrets
    except ClientError as error:
        cause = _without(error, secrets)
        raise of_answer(cause) from cause
    except ParamValidationError as error:
        # The report quotes the values; names of parameters suffice to find the mistake.
        raise InvalidSpec(_VALUE.sub("", str(error))) from None
    except (BotoCoreError, ResponseParserError) as error:
        raise of_connection(error) from error


def code_of(error: ClientError) -> str:
    """AWS's word for what is wrong, for example `DBInstanceNotFound`."""
    return error.response.get("Error", {}).get("Code", "")


def message_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Message", "")


def of_answer(error: ClientError) -> TenantryError:
    """The domain error for an answer of AWS."""
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = f"{error.operation_name} answered {code or status}: {message_of(error)}"
    if code == "BucketAlreadyExists":  # bucket names are global: another account has it
        return OwnershipConflict(text)
    if is_throttling(code, status):
        return Throttled(text, retry_after=_retry_after(error))
    if code in _UNAVAILABLE or status >= 500 or _UNSETTLED.search(code) or _BUSY.search(code):
        return Unavailable(text, retry_after=_retry_after(error))
    return _permanent(code, status, text)


def is_throttling(code: str, status: int) -> bool:
    """Whether an answer asks for fewer calls."""
    return bool(_THROTTLED.search(code)) or status == 429


def of_connection(error: BotoCoreError | ResponseParserError) -> TenantryError:
    """The domain error for a call that got no answer."""
    text = f"AWS: {error}"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return AccessDenied(text)
    if isinstance(error, NO_ANSWER):
        return Unavailable(text)
    return InvalidSpec(text)


def _permanent(code: str, status: int, text: str) -> TenantryError:
    if _QUOTA.search(code):
        return QuotaExceeded(text)
    if _DENIED.search(code) or status in (401, 403):
        return AccessDenied(text)
    return InvalidSpec(text)


def _retry_after(error: ClientError) -> timedelta | None:
    """The delay that the answer asks for, in seconds or until a date."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    value = headers.get("retry-after", "")
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return timedelta(seconds=float(value))
    try:
        until = parsedate_to_datetime(value)
        now = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return max(_aware(until) - _aware(now), timedelta())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _without(error: ClientError, secrets: list[str]) -> ClientError:
    """The same error with its text capped and the secrets blotted out."""
    text = message_of(error)
    for secret in secrets:
        text = text.replace(secret, "***")
    details = {**error.response.get("Error", {}), "Message": capped(text)}
    bare = ClientError(
        {"Error": details, "ResponseMetadata": error.response.get("ResponseMetadata", {})},  # type: ignore[typeddict-item]  # the stubs want fields that errors lack
        error.operation_name,
    )
    return bare.with_traceback(error.__traceback__)
