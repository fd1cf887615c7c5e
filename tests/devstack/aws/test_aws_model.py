"""Every answer that the front makes itself, held against botocore's own service model."""

import ast
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

import devstack.aws
from devstack.aws import AwsFront
from devstack.aws.calls import Call
from devstack.aws.protocol import Answer
from tests.devstack.aws import walks
from tests.devstack.aws.support import CLUSTER, COMMON_ERRORS, DOMAIN, ZONE, Aws, error_codes, unique

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (datetime,),
}
S3_ERRORS = {"AccessDenied", "BadRequest", "InvalidAccessKeyId", "InvalidTag"}
"""of the S3 API's list of error codes; botocore's model has hardly any"""
SERVICES_OF_FILES = {
    "eks.py": "eks",
    "front.py": "iam",
    "iam.py": "iam",
    "quotas.py": "service-quotas",
    "records.py": "route53",
    "route53.py": "route53",
    "s3.py": "s3",
    "secrets.py": "secretsmanager",
    "sessions.py": "sts",
    "simulation.py": "iam",
}

ALL_BUT_RDS = (walks.eks, walks.quotas, walks.iam, walks.sts, walks.route53)


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def _problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """What of a value does not fit the shape: unknown or missing members, wrong types, wrong enums."""
    if isinstance(shape, StructureShape):
        present = {name for name, member in value.items() if member is not None}
        yield from (f"{path}.{name} is unknown" for name in present - set(shape.members))
        yield from (f"{path}.{name} is missing" for name in set(shape.required_members) - present)
        for name in present & set(shape.members):
            yield from _problems(value[name], shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for number, item in enumerate(value):
            yield from _problems(item, shape.member, f"{path}[{number}]")
    elif isinstance(shape, MapShape):
        for name, item in value.items():
            yield from _problems(item, shape.value, f"{path}[{name}]")
    elif not isinstance(value, SCALARS[shape.type_name]):
        yield f"{path} is a {type(value).__name__}, not a {shape.type_name}"
    elif getattr(shape, "enum", None) and value not in shape.enum:  # type: ignore[attr-defined]  # of string shapes
        yield f"{path} is {value}, none of its values"


class Made:
    """The answers that the front made itself, as it made them."""

    def __init__(self, front: AwsFront, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[tuple[Call, Mapping[str, Any]]] = []
        self._answer = front._services.answer
        monkeypatch.setattr(front._services, "answer", self._keep)

    def _keep(self, call: Call) -> Any:
        outcome = self._answer(call)
        if not isinstance(outcome, Answer):
            self.answers.append((call, outcome or {}))
        return outcome

    def operations(self) -> set[tuple[str, str]]:
        return {(call.service, call.name) for call, _outcome in self.answers}


def test_every_answer_fits_its_output_shape(
    aws: Aws, front: AwsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk through all operations: each answer has the members, types and values of its model."""
    made = Made(front, monkeypatch)
    for walk in (*ALL_BUT_RDS, walks.rds, walks.rds_groups):
        walk(aws)
    checked = [("s3", "CreateBucket"), ("iam", "CreateRole"), ("iam", "PutRolePolicy")]
    checked += [("iam", "UpdateRole"), ("iam", "UpdateAssumeRolePolicy")]
    answered_by_moto = {key for key in front._services.handlers if key[0] == "secretsmanager"} | {*checked}
    assert made.operations() == set(front._services.handlers) - answered_by_moto
    problems = []
    for call, outcome in made.answers:
        shape = _model(call.service).operation_model(call.name).output_shape
        assert shape is not None or not outcome
        problems += [] if shape is None else list(_problems(outcome, shape, call.name))
    assert problems == []


def test_what_boto3_reads_is_what_was_answered(
    aws: Aws, front: AwsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No member is lost or changed on the wire, in any of the four protocols."""
    made = Made(front, monkeypatch)
    read = [
        aws.rds.describe_db_instances(DBInstanceIdentifier=aws.database(Tags=[{"Key": "a", "Value": ""}])),
        aws.client("service-quotas").list_service_quotas(ServiceCode="rds"),
        aws.eks.create_pod_identity_association(
            clusterName=CLUSTER, namespace=unique(), serviceAccount="a", roleArn=aws.role(), tags={"a": "1"}
        ),
        aws.route53.change_resource_record_sets(
            HostedZoneId=ZONE, ChangeBatch=walks.upsert(f"{unique()}.{DOMAIN}")
        ),
    ]
    services = [outcome for call, outcome in made.answers if call.name != "CreateDBInstance"]
    assert len(read) == len(services)
    for parsed, outcome in zip(read, services, strict=True):
        shown = {name: value for name, value in dict(parsed).items() if name != "ResponseMetadata"}
        assert _plain(shown) == _plain(outcome)


def _plain(value: Any) -> Any:
    """Without what is None, and with moments to the millisecond, which is all that JSON carries."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value


def test_every_error_code_is_one_of_its_service() -> None:
    """Each code in the front's source is modelled by its service, or common to all."""
    found: list[tuple[str, str]] = []
    root = Path(devstack.aws.__file__).parent
    for path in sorted(root.rglob("*.py")):
        service = "rds" if path.parent.name == "rds" else SERVICES_OF_FILES.get(path.name)
        found += [(service or path.name, code) for code in _codes(ast.parse(path.read_text()))]
    unknown = [(service, code) for service, code in found if code not in _known(service)]
    assert len(found) > 40
    assert unknown == [("iam", "NotImplemented"), ("iam", "InternalFailure")]


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
        if isinstance(node, ast.Call) and called == "RefusedError" and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def _known(service: str) -> set[str]:
    if service == "s3":
        return S3_ERRORS
    return error_codes(_model(service).error_shapes) | COMMON_ERRORS
