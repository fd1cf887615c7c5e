"""What a failed activity leaves in a workflow's history: short, and without anything secret."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from kubernetes.client.exceptions import ApiException
from structlog.testing import capture_logs
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import CancelledError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput
from urllib3.exceptions import ProtocolError

from activities.aws.failures import aws_errors
from activities.kubernetes.clients import Clusters
from activities.kubernetes.failures import kubernetes_errors
from domain.errors import LEAKED_TEXT_LIMIT, InvalidSpec
from domain.plans import Cell
from runtime.settings import Settings
from tests.activities.kubernetes.front import Front, Own
from tests.activities.kubernetes.tenancy import CELL
from worker.interceptor import FailureInterceptor

SECRET = "hunter2"
SHOWN_BYTES = 4096
"""Temporal shows nothing of a retried activity's failure that is longer."""
LONG = "x" * 1_000_000
MANIFEST = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}


class Failing(ActivityInboundInterceptor):
    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act

    async def execute_activity(self, _: ExecuteActivityInput) -> Any:
        return self._act()


async def recorded(act: Callable[[], Any]) -> Failure:
    """The failure that Temporal would store."""
    inbound = FailureInterceptor().intercept_activity(Failing(act))
    asked = ExecuteActivityInput(fn=act, args=[], executor=None, headers={})
    stored = Failure()
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is, the history is judged
        await ActivityEnvironment().run(inbound.execute_activity, asked)
    DefaultFailureConverter().to_failure(raised.value, PayloadConverter.default, stored)
    return stored


def messages(failure: Failure) -> list[str]:
    """Of the failure and all causes below it."""
    return [failure.message, *(messages(failure.cause) if failure.HasField("cause") else [])]


def assert_clean(failure: Failure) -> None:
    assert SECRET not in str(failure)
    assert "Set-Cookie" not in str(failure)
    assert all(len(message) <= LEAKED_TEXT_LIMIT for message in messages(failure))
    assert failure.ByteSize() < SHOWN_BYTES


def api_error(status: int, message: str, **more: Any) -> ApiException:
    error = ApiException(status=status, reason="because")
    error.body = json.dumps({"kind": "Status", "message": message, "managed": SECRET, "fill": LONG, **more})
    headers: Any = {"Set-Cookie": SECRET}
    error.headers = headers
    return error


def refused(error: Exception) -> Callable[[], None]:
    def act() -> None:
        with kubernetes_errors("apply deployment web"):
            raise error

    return act


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429, 500, 503])
async def test_a_clusters_refusal_is_kept_without_headers_and_body(status: int) -> None:
    """The server's message is there, capped; what else the answer held is not."""
    stored = await recorded(refused(api_error(status, f"no such luck {LONG}")))
    assert "apply deployment web: no such luck" in stored.message
    assert stored.cause.message.startswith(f"{status} because")
    assert_clean(stored)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (422, f'Secret "s" is invalid: data[token]: Invalid value: "{SECRET}"'),
        (500, f"failed to create typed patch object: .data.token: expected string, got {SECRET}"),
        (400, f'Secret in version "v1" cannot be handled as a Secret: error found near {SECRET}'),
    ],
)
async def test_values_of_a_secret_are_in_no_history(
    front: Front, known_cells: list[Cell], status: int, message: str
) -> None:
    """Whatever a server says of the values of a Secret that was applied, none is quoted."""
    cluster = front.clusters(known_cells).of(CELL)
    answer = json.dumps({"kind": "Status", "reason": "Invalid", "message": message, "code": status})
    front.rule = lambda asked: Own(status, answer) if asked.method == "PATCH" else None
    stored = await recorded(lambda: cluster.apply(MANIFEST))
    assert stored.application_failure_info.type == "InvalidSpec"
    assert "apply secret s" in stored.message
    assert_clean(stored)


async def test_a_token_that_cannot_be_sent_is_in_no_history(
    front: Front, known_cells: list[Cell], tmp_path: Path
) -> None:
    """A token file with a line too many is worth another try, and its content is not quoted."""
    (tmp_path / "token").write_text(f"{SECRET}\nmore\n")
    front.file.write_text(front.file.read_text().replace("token: first", f"tokenFile: {tmp_path}/token"))
    cluster = front.clusters(known_cells).of(CELL)
    stored = await recorded(lambda: cluster.find("v1", "Secret", "default", ""))
    assert stored.application_failure_info.type == "Unavailable"
    assert_clean(stored)


async def test_a_kubeconfig_that_cannot_be_read_is_in_no_history(
    known_cells: list[Cell], tmp_path: Path
) -> None:
    """A kubeconfig in the middle of a rewrite is worth another try, and its content is not quoted."""
    file = tmp_path / "kubeconfig"
    file.write_text(f"users: [{{name: u, user: {{token: {SECRET}")
    clusters = Clusters(Settings(kubeconfig=file), {cell.name: cell for cell in known_cells})
    stored = await recorded(lambda: clusters.of(CELL))
    assert stored.application_failure_info.type == "Unavailable"
    assert_clean(stored)


async def test_a_cause_is_capped_and_ends_the_chain() -> None:
    """A cause of any length, with causes of its own, is stored as its name and a capped text."""
    below = ProtocolError(LONG)
    below.__cause__ = ValueError(SECRET)
    stored = await recorded(refused(below))
    assert stored.cause.application_failure_info.type == "ProtocolError"
    assert not stored.cause.HasField("cause")
    assert_clean(stored)


async def test_what_an_error_was_raised_amid_is_not_stored() -> None:
    """An error without a cause stores none, although Python knows what was being handled."""

    def act() -> None:
        try:
            int(SECRET)
        except ValueError:
            raise InvalidSpec("wrong") from None

    assert messages(await recorded(act)) == ["wrong"]


async def test_an_unforeseen_error_is_capped_too() -> None:
    """An error that nobody translated is worth another try, and its stack is in the log alone."""

    def act() -> None:
        raise api_error(418, LONG)

    with capture_logs() as logs:
        stored = await recorded(act)
    assert stored.application_failure_info.type == "ApiException"
    assert not stored.application_failure_info.non_retryable
    assert "in act" in logs[0]["stack"]
    assert SECRET not in str(logs)
    assert_clean(stored)


async def test_a_cancellation_stays_one() -> None:
    """Temporal's own failures pass as they are."""

    def act() -> None:
        raise CancelledError("Cancelled")

    assert (await recorded(act)).HasField("canceled_failure_info")


@pytest.mark.parametrize("code", ["InvalidParameterValue", "Throttling", "AccessDenied", "InternalFailure"])
async def test_an_answer_of_aws_is_capped_and_without_secrets(code: str) -> None:
    """Of what AWS says, the code and a capped text are stored, and a password that it quotes is not."""

    def act() -> None:
        with aws_errors() as hidden:
            hidden.append(SECRET)
            answer: Any = {
                "Error": {"Code": code, "Message": f"{SECRET}: {LONG}"},
                "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {"Set-Cookie": SECRET}},
            }
            raise ClientError(answer, "CreateDBInstance")

    stored = await recorded(act)
    assert f"CreateDBInstance answered {code}" in stored.message
    assert code in stored.cause.message
    assert_clean(stored)


async def test_what_is_temporary_stays_so() -> None:
    """The name of the domain's error is the failure's type, and only permanent ones stop retrying."""
    passing = await recorded(refused(api_error(503, "away")))
    lasting = await recorded(refused(api_error(422, "wrong")))
    kinds = [found.application_failure_info for found in (passing, lasting)]
    assert [(kind.type, kind.non_retryable) for kind in kinds] == [
        ("Unavailable", False),
        ("InvalidSpec", True),
    ]
