"""Every refusal that a real API server was seen to give, and what it means to an operation."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import MaxRetryError, ProtocolError

from activities.kubernetes.failures import Refused, kubernetes_errors
from domain import errors

RECORDINGS = Path(__file__).resolve().parents[2] / "kubernetes-recordings.json"

MEANINGS: dict[str, type[errors.TenantryError]] = {
    "absent": errors.InvalidSpec,
    "delete of the absent": errors.InvalidSpec,
    "another manager owns the field: conflict": errors.OwnershipConflict,
    "create of the existing": errors.OwnershipConflict,
    "invalid name": errors.InvalidSpec,
    "name in body differs from path": errors.InvalidSpec,
    "unknown field, strict": errors.InvalidSpec,
    "apply without fieldManager": errors.InvalidSpec,
    "body is not an object": errors.InvalidSpec,
    "pod refused by pod security": errors.AccessDenied,
    "pod refused by quota": errors.QuotaExceeded,
    "apply with replicas now conflicts with the scaler": errors.OwnershipConflict,
    "immutable selector": errors.InvalidSpec,
    "unknown field strict": errors.InvalidSpec,
    "wrong type": errors.InvalidSpec,
    "required field missing": errors.InvalidSpec,
    "update with a stale resourceVersion": errors.Unavailable,
    "delete with the wrong uid": errors.Unavailable,
    "so it is absent": errors.InvalidSpec,
    "a kind that the cluster lacks": errors.MissingKind,
    "schema violation": errors.InvalidSpec,
    "no token": errors.AccessDenied,
    "not allowed": errors.AccessDenied,
    "nothing new while terminating": errors.Unavailable,
    "apply while terminating": errors.Unavailable,
    "everything else is gone": errors.InvalidSpec,
    "gone": errors.InvalidSpec,
}


def _refusals() -> list[tuple[str, int, Any]]:
    exchanges = json.loads(RECORDINGS.read_text())["exchanges"]
    answers = ((exchange["note"], exchange["response"]) for exchange in exchanges)
    return [(note, answer["status"], answer["body"]) for note, answer in answers if answer["status"] >= 400]


def refused_with(message: str, **more: Any) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, **more}


def _raised(status: int, body: Any, headers: dict[str, str] | None = None) -> errors.TenantryError:
    error = ApiException(status=status, reason="because")
    error.body = body if isinstance(body, str) else json.dumps(body)
    error.headers = headers or {}
    with pytest.raises(errors.TenantryError) as caught, kubernetes_errors("apply deployment auth"):
        raise error
    assert type(caught.value.__cause__) is Refused
    return caught.value


@pytest.mark.parametrize(("note", "status", "body"), _refusals(), ids=lambda value: str(value)[:40])
def test_every_recorded_refusal_has_its_meaning(note: str, status: int, body: Any) -> None:
    """Each refusal of the recordings becomes the error that the table names, with the server's words."""
    error = _raised(status, body)
    assert type(error) is MEANINGS[note]
    said = body if isinstance(body, str) else body["message"]
    assert str(error).startswith(errors.capped(f"apply deployment auth: {said}")[:200].rstrip()) or (
        status == 404 and isinstance(error, errors.MissingKind)
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, errors.Throttled),
        (503, errors.Unavailable),
        (500, errors.Unavailable),
        (401, errors.Unavailable),
        (410, errors.Unavailable),
    ],
)
def test_the_delay_that_the_server_asks_for_is_kept(status: int, kind: type[errors.TemporaryError]) -> None:
    """A temporary refusal carries Retry-After, or the Status' own retryAfterSeconds."""
    by_header = _raised(status, "slow down", {"Retry-After": "7"})
    by_status = _raised(status, refused_with("slow down", details={"retryAfterSeconds": 3}))
    assert isinstance(by_header, kind)
    assert isinstance(by_status, kind)
    assert (by_header.retry_after, by_status.retry_after) == (timedelta(seconds=7), timedelta(seconds=3))


@pytest.mark.parametrize(
    "cause",
    [ProtocolError("connection reset"), MaxRetryError(None, "/api", None), OSError("no such file")],  # type: ignore[arg-type]  # no pool is needed to fail
    ids=["reset", "refused", "configuration"],
)
def test_no_answer_is_temporary(cause: Exception) -> None:
    """A cluster that cannot be reached is tried again, with the cause kept."""
    with pytest.raises(errors.Unavailable) as caught, kubernetes_errors("read namespace x"):
        raise cause
    assert caught.value.__cause__ is cause


def test_an_invalid_secret_is_not_quoted() -> None:
    """The refusal of a Secret names its fields and never their values."""
    causes = [{"field": "data[token]", "reason": "FieldValueInvalid", "message": 'Invalid value: "hunter2"'}]
    body = refused_with(
        'Secret "s" is invalid: data[token]: Invalid value: "hunter2"',
        details={"kind": "Secret", "name": "s", "causes": causes},
    )
    error = _raised(422, body)
    assert "hunter2" not in str(error)
    assert "data[token]" in str(error)


def test_a_refusal_of_megabytes_is_capped() -> None:
    """Provider text cannot fill a history."""
    assert len(str(_raised(422, refused_with("x" * 5_000_000)))) <= errors.LEAKED_TEXT_LIMIT
