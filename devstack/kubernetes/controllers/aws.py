"""Values of external secrets, read from AWS Secrets Manager or what stands in for it."""

import functools
from threading import Lock
from typing import Any

from devstack.kubernetes.controllers.secrets import Reader

_CONNECT_SECONDS = 2
_READ_SECONDS = 5
# Threads that miss the cache together would each load botocore's models, which takes longer than the call.
_making = Lock()


def secrets_manager(endpoint: str) -> Reader:
    """A reader of secrets by name or ARN, region, version; LookupError for what is absent or out of reach."""

    def read(key: str, region: str, version: str = "") -> str:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - heavy, and often not wanted

        try:
            with _making:
                client = _client(endpoint, region)
            found = client.get_secret_value(SecretId=key, **_which(version))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise LookupError(f"could not get secret data from provider: {code}: {key}") from error
        except BotoCoreError as error:
            raise LookupError(f"could not reach the provider: {type(error).__name__}") from error
        return str(found["SecretString"])

    return read


def _which(version: str) -> dict[str, str]:
    """A version as the operator writes it: a label, or an id after `uuid/`."""
    if not version:
        return {}
    label, _, identity = version.partition("uuid/")
    return {"VersionId": identity} if identity else {"VersionStage": label}


@functools.cache
def _client(endpoint: str, region: str) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - heavy, and often not wanted

    config = Config(
        connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": 1}
    )
    return _session().client("secretsmanager", endpoint_url=endpoint, region_name=region, config=config)


@functools.cache
def _session() -> Any:
    import boto3  # noqa: PLC0415 - heavy, and often not wanted

    return boto3.session.Session(aws_access_key_id="external-secrets", aws_secret_access_key="devstack")
