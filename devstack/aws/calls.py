"""A request read as an AWS call: which operation of which service, by whom, on what."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel, ServiceModel
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

ANONYMOUS = "anonymous"
"""the caller of a request that bears no signature"""

SIGNING_NAMES = {"servicequotas": "service-quotas"}
"""services whose signing name is not botocore's name"""

RESOURCE_MEMBERS: dict[str, tuple[str, ...]] = {
    "eks": ("clusterName", "namespace", "serviceAccount", "associationId", "resourceArn", "name"),
    "iam": ("RoleName", "PolicyName", "PolicyArn", "PolicySourceArn"),
    "rds": (
        "DBInstanceIdentifier",
        "DBParameterGroupName",
        "DBSnapshotIdentifier",
        "DBSubnetGroupName",
        "FinalDBSnapshotIdentifier",
        "ResourceName",
    ),
    "route53": ("HostedZoneId", "Id", "ResourceId", "Name"),
    "s3": ("Bucket", "Key"),
    "secretsmanager": ("Name", "SecretId"),
    "service-quotas": ("ServiceCode", "QuotaCode"),
    "sts": ("RoleArn", "RoleSessionName"),
}
"""the input members that name things; nothing else of an input is ever recorded"""

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Call:
    """One call; `operation` is None where botocore knows no such operation."""

    service: str
    operation: OperationModel | None
    region: str
    caller: str
    account: str
    environ: dict[str, Any]
    request: Request
    body: bytes = b""
    params: dict[str, Any] = field(default_factory=dict)
    resources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.operation.name) if self.operation else ""


def identify(environ: dict[str, Any], body: bytes, accounts: Mapping[str, str]) -> Call:
    """Reads who calls what. Signatures are taken as they are; nothing is verified."""
    environ["wsgi.input"] = io.BytesIO(body)
    request = Request(environ)
    request.get_data()  # kept by the request; otherwise reading the form would use it up
    caller, region, signing_name = _credential_scope(request)
    account = accounts.get(caller, DEFAULT_ACCOUNT_ID)
    service = SIGNING_NAMES.get(signing_name, signing_name)
    model = _model(service)
    if model is None:
        return Call(service, None, region, caller, account, environ, request, body)
    operation, params = _operation(model, request)
    resources = _resources(service, params)
    return Call(service, operation, region, caller, account, environ, request, body, params, resources)


def _credential_scope(request: Request) -> tuple[str, str, str]:
    query = parse_qs(request.query_string.decode())
    presigned = f"Credential={query['X-Amz-Credential'][0]}" if "X-Amz-Credential" in query else ""
    found = _SCOPE.search(request.headers.get("Authorization", "") or presigned)
    return (found[1], found[2], found[3].lower()) if found else (ANONYMOUS, "us-east-1", "s3")


@cache
def _model(service: str) -> ServiceModel | None:
    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


def _operation(model: ServiceModel, request: Request) -> tuple[OperationModel | None, dict[str, Any]]:
    try:
        operation, uri_params = get_service_router(str(model.service_name)).match(request)
    except (HTTPException, NotImplementedError):
        return None, {}
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)](operation)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": uri_params,
            }
        )
    except Exception:  # noqa: BLE001 -- a malformed body is refused by moto, in AWS's words
        return operation, dict(uri_params)
    return operation, parsed


def _resources(service: str, params: dict[str, Any]) -> tuple[str, ...]:
    names = [params.get(member) for member in RESOURCE_MEMBERS.get(service, ())]
    changes = (params.get("ChangeBatch") or {}).get("Changes") or []
    names.extend((change.get("ResourceRecordSet") or {}).get("Name") for change in changes)
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))
