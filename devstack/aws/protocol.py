"""Answers in the wire protocol of each service, written by moto's own serializers."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.request import determine_request_protocol
from moto.core.serialize import ResponseSerializer, SerializationContext, get_serializer_class
from moto.core.utils import get_service_model

from devstack.aws.calls import Call

# A fault may carry any code, and AWS's common errors are in no service's model.
warnings.filterwarnings("ignore", message=r"Exception\(.*\) with code .* does not match an error shape")

FALLBACK_SERVICE = "s3"
"""whose protocol answers a call of a service that botocore does not know"""


@dataclass
class Answer:
    """An HTTP answer, ready to be sent."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class RefusedError(ServiceException):
    """A refusal in AWS's words; `status` is asked of the service's model where none is given."""

    def __init__(self, code: str, message: str, *, status: int | None = None, **members: Any) -> None:
        super().__init__(code, message)
        self.status = status
        self.retry_after: float | None = None
        for name, value in members.items():
            setattr(self, name, value)


def result(call: Call, value: Mapping[str, Any] | None) -> Answer:
    """`value` has the members of the operation's output shape."""
    return _serialize(call, value or {})


def refusal(call: Call, error: RefusedError) -> Answer:
    answer = _serialize(call, error)
    if error.status is not None:
        answer.status = error.status
    if error.retry_after is not None:
        answer.headers["Retry-After"] = f"{error.retry_after:g}"
    return answer


def _serialize(call: Call, value: object) -> Answer:
    request_id = str(uuid4())
    serialized = _serializer(call, request_id).serialize(value)
    body = serialized["body"]
    headers = {
        "x-amzn-RequestId": request_id,
        **{name: str(header) for name, header in serialized["headers"].items()},
    }
    return Answer(serialized["status_code"], headers, body.encode() if isinstance(body, str) else body)


def _serializer(call: Call, request_id: str) -> ResponseSerializer:
    operation = call.operation
    if operation is None:
        service = call.service if call.service in ("iam", "sts", "rds", "eks") else FALLBACK_SERVICE
        operation = OperationModel({}, get_service_model(service))
    service_model = operation.service_model
    protocol = determine_request_protocol(service_model, call.request.content_type)
    serializer = get_serializer_class(str(service_model.service_name), protocol)
    return serializer(operation_model=operation, context=SerializationContext(request_id))
