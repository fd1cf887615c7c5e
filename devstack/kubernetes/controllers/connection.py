"""Requests of controllers over HTTP, with a token or with the credentials of a kubeconfig."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import urllib3

from devstack.kubernetes.objects import Object

WATCH_SECONDS = 30
POOL_SIZE = 32
"""More than there are watches, so that each request finds a connection that is open already."""

Authorization = Callable[[], str]
"""The present value of the header, empty for none; asked before every request, as tokens expire."""


class Access(NamedTuple):
    """Where an API server is and how it lets us in: bearer token, header or the pool's certificate."""

    url: str
    token: str | Authorization
    pool: urllib3.PoolManager


def of_context(kubeconfig: Path, context: str | None = None) -> Access:
    """Access by a context, the current one for None. Raises kubernetes.config.ConfigException."""
    # Loaded only where a kubeconfig is given: the stand-in itself does without this large package.
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415 - see above
    from kubernetes.config import load_kube_config  # noqa: PLC0415 - see above

    configuration: Any = Configuration()  # the stubs leave the pool's size out
    configuration.connection_pool_maxsize = POOL_SIZE
    load_kube_config(str(kubeconfig), context, configuration, persist_config=False)
    client: Any = ApiClient(configuration)  # the stubs leave the pool out

    def authorization() -> str:
        return configuration.get_api_key_with_prefix("BearerToken") or ""

    return Access(str(configuration.host), authorization, client.rest_client.pool_manager)


class HttpApi:
    """The API of a cluster, as one of its controllers uses it."""

    def __init__(self, access: Access, manager: str) -> None:
        self._access = access._replace(url=access.url.rstrip("/"))
        self._agent = f"{manager}/devstack"

    def send(
        self, method: str, path: str, body: Object | None = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Sends a request; the body is decoded where it is JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers(), "Content-Type": content_type}
        answer = self._access.pool.request(
            method, self._access.url + path, body=data, headers=headers, timeout=10, retries=1
        )
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, answer.json() if is_json else answer.data.decode()

    def watch(self, path: str, version: str) -> Iterator[Object]:
        """The events of a watch, until the server ends it."""
        query = f"?watch=true&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
        answer = self._access.pool.request(
            "GET",
            self._access.url + path + query,
            headers=self._headers(),
            preload_content=False,
            timeout=urllib3.Timeout(connect=10, read=WATCH_SECONDS + 5),
            retries=0,
        )
        try:
            rest = b""
            for chunk in answer.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        finally:
            answer.release_conn()

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": self._agent}
        token = self._access.token
        authorization = f"Bearer {token}" if isinstance(token, str) else token()
        return {**headers, "Authorization": authorization} if authorization else headers
