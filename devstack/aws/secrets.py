"""Secrets Manager where moto differs: names, sizes, and secrets that are scheduled for deletion."""

import math
import re
from http import HTTPStatus
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

from devstack.aws.calls import Call
from devstack.aws.protocol import Answer, RefusedError
from devstack.aws.state import Handlers, State

NAME_LENGTH = 512
VALUE_BYTES = 65_536
MAX_TAGS = 50
TOKEN_LENGTH = (32, 64)
CURRENT = "AWSCURRENT"

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")


class Secrets:
    """A secret whose recovery window is over is gone by the front's clock."""

    def __init__(self, state: State) -> None:
        self._moto = state.moto
        self._clock = state.clock

    def handlers(self) -> Handlers:
        service = "secretsmanager"
        return {
            (service, "CreateSecret"): self._create,
            (service, "PutSecretValue"): self._change,
            (service, "UpdateSecret"): self._change,
            (service, "TagResource"): self._change,
            (service, "UntagResource"): self._change,
            (service, "RotateSecret"): self._change,
            (service, "UpdateSecretVersionStage"): self._relabel,
            (service, "GetSecretValue"): self._settled,
            (service, "DescribeSecret"): self._settled,
            (service, "ListSecrets"): self._settled,
            (service, "DeleteSecret"): self._settled,
            (service, "RestoreSecret"): self._settled,
        }

    def _create(self, call: Call) -> Answer:
        name = call.params["Name"]
        if len(name) > NAME_LENGTH or not _NAME.fullmatch(name):
            raise RefusedError(
                "ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
                "following: -/_+=.@!",
            )
        if len(call.params.get("Tags") or []) > MAX_TAGS:
            raise RefusedError("InvalidParameterException", f"A secret takes at most {MAX_TAGS} tags.")
        _check_value(call)
        with self._moto.lock:
            self._purge(call)
            secret = self._find(call, name)
            if secret is not None and secret.is_deleted():
                raise RefusedError(
                    "InvalidRequestException",
                    "You can't create this secret because a secret with this name is already scheduled for "
                    "deletion.",
                )
            return self._forward(call)

    def _change(self, call: Call) -> Answer:
        _check_value(call)
        with self._moto.lock:
            self._purge(call)
            secret = self._find(call, call.params["SecretId"])
            if secret is not None and secret.is_deleted():
                raise RefusedError(
                    "InvalidRequestException",
                    "You can't perform this operation on the secret because it was marked for deletion.",
                )
            return self._forward(call)

    def _relabel(self, call: Call) -> Answer:
        """moto goes on answering the version that was current before."""
        with self._moto.lock:
            answer = self._change(call)
            secret = self._find(call, call.params["SecretId"])
            for version, held in (secret.versions if secret is not None else {}).items():
                if CURRENT in held["version_stages"]:
                    secret.set_default_version_id(version)
            return answer

    def _settled(self, call: Call) -> Answer:
        with self._moto.lock:
            self._purge(call)
            return self._forward(call)

    def _forward(self, call: Call) -> Answer:
        answer = self._moto.forward(call)
        if answer.status == HTTPStatus.NOT_FOUND:
            answer.status = HTTPStatus.BAD_REQUEST  # AWS's, for every client error of this service
        return answer

    def _purge(self, call: Call) -> None:
        secrets = secretsmanager_backends[call.account][call.region].secrets
        now = self._clock.now().timestamp()
        over = [n for n, s in secrets.items() if now >= (getattr(s, "deleted_date", None) or math.inf)]
        for name in over:
            secrets.pop(name)

    @staticmethod
    def _find(call: Call, secret_id: str) -> Any:
        return secretsmanager_backends[call.account][call.region].secrets.get(secret_id)


def _check_value(call: Call) -> None:
    value = call.params.get("SecretString")
    if value is not None and len(value.encode()) > VALUE_BYTES:
        raise RefusedError(
            "ValidationException",
            "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must "
            f"have length less than or equal to {VALUE_BYTES}",
        )
    token = call.params.get("ClientRequestToken")
    least, most = TOKEN_LENGTH
    if token is not None and not least <= len(token) <= most:
        message = f"ClientRequestToken must be {least}-{most} characters long."
        raise RefusedError("InvalidParameterException", message)
