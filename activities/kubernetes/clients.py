"""One connection pool per cell, and raw JSON over it.

The SDK brings kubeconfig, in-cluster credentials, their renewal and TLS. Its typed models are passed by: they
would drop every field that they do not know.
"""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException
from urllib3.util.retry import Retry

from activities.kubernetes.cluster import Cluster
from activities.kubernetes.failures import kubernetes_errors
from activities.pace import Pace
from domain.errors import Unavailable
from domain.messages import JsonObject
from domain.plans import Cell
from runtime.settings import Settings

TIMEOUTS_SECONDS = (5, 15)
"""To connect, and between two reads."""
CREDENTIALS_SECONDS = 5.0
"""How long a token is used without asking the SDK, which would take as long as the rest of a request."""


class Clusters:
    """The cells' clusters, each connected to when it is first asked for."""

    def __init__(self, settings: Settings, cells: Mapping[str, Cell]) -> None:
        self._settings = settings
        self._cells = cells
        self._made: dict[str, tuple[Connection, Cluster]] = {}
        self._lock = Lock()

    def of(self, cell_name: str) -> Cluster:
        """Raises Unavailable while the cell is not configured here."""
        if cell_name not in self._cells:
            raise Unavailable(f"cell {cell_name} is not in this worker's cells file")
        with self._lock:
            known = self._made.get(cell_name)
            # The SDK renews only what it knows to have expired; a token that was rotated before is read anew.
            if known is None or known[0].rejected:
                connection = connect(self._settings, self._cells[cell_name])
                known = self._made[cell_name] = (connection, Cluster(connection))
            return known[1]

    def address(self, cell_name: str) -> tuple[str, str | None]:
        """Where the cell's cluster is reached from here, and the file of its certificate authority."""
        self.of(cell_name)
        connection = self._made[cell_name][0]
        return connection.base, connection.authority


def connect(settings: Settings, cell: Cell) -> "Connection":
    """Reads the credentials of a cell; raises Unavailable if they cannot be used."""
    configuration = Configuration()
    with kubernetes_errors(f"cell {cell.name}"):
        if cell.kube_context is None:
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(
                config_file=str(settings.kubeconfig) if settings.kubeconfig else None,
                context=cell.kube_context,
                client_configuration=configuration,
                persist_config=False,
            )
    settable: Any = configuration  # the stubs leave both attributes out
    settable.connection_pool_maxsize = settings.worker_activities
    # Temporal owns retrying; only a connection that never came about is tried once more here.
    settable.retries = Retry(
        total=None, connect=1, read=False, redirect=False, status=False, other=False,
        respect_retry_after_header=False,
    )  # fmt: skip
    return Connection(configuration, Pace(f"the cluster of cell {cell.name}"))


class Connection:
    """Sends requests to one API server; safe to share between threads."""

    def __init__(self, configuration: Configuration, pace: Pace) -> None:
        self.base = str(configuration.host)
        settable: Any = configuration
        self.authority: str | None = settable.ssl_ca_cert
        client: Any = ApiClient(configuration)  # the stubs leave out what raw calls need
        client.user_agent = "tenantry"
        self._client = client
        self._pace = pace
        self._renewal = Lock()
        self._authorization: dict[str, str] = {}
        self._asked_at = -CREDENTIALS_SECONDS
        self._made_at = time.monotonic()
        self._accepted = False
        self._unauthorized = False
        self._now = datetime.min.replace(tzinfo=UTC)

    @property
    def rejected(self) -> bool:
        """Whether its credentials have stopped to be good, and new ones are worth asking for.

        Those that never were good are asked for every few seconds only, however many operations wait.
        """
        return self._unauthorized and (
            self._accepted or time.monotonic() - self._made_at >= CREDENTIALS_SECONDS
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonObject | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> tuple[int, JsonObject]:
        """Status and body of a success. Raises ApiException for a refusal, urllib3's HTTPError for none."""
        url = f"{self.base}{path}?{urlencode(query)}" if query else f"{self.base}{path}"
        headers = {**self._client.default_headers, **self._credentials(), "Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        self._pace.await_turn()
        answer = self._client.rest_client.request(
            method, url, headers=headers, body=body, _request_timeout=TIMEOUTS_SECONDS
        )
        text = answer.read()
        self._unauthorized = answer.status == HTTPStatus.UNAUTHORIZED
        self._accepted = self._accepted or not self._unauthorized
        self._set_clock(answer.headers.get("Date", ""))
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._pace.slow_down()
        if not 200 <= answer.status <= 299:
            error: Any = ApiException(status=answer.status, reason=answer.reason)
            error.body = text.decode("utf-8", "replace")
            error.headers = answer.headers
            raise error
        try:
            return answer.status, json.loads(text)
        except ValueError as error:
            raise Unavailable(f"{method} {path}: the answer is not JSON") from error

    def now(self) -> datetime:
        """The time by the server's clock, at its last answer; long ago if it never told it."""
        return self._now

    def _set_clock(self, date: str) -> None:
        with suppress(ValueError):
            self._now = parsedate_to_datetime(date).replace(tzinfo=UTC)

    def _credentials(self) -> dict[str, str]:
        """The header with the token, which the SDK renews by a file or a command before it expires."""
        with self._renewal:
            if time.monotonic() - self._asked_at >= CREDENTIALS_SECONDS:
                headers: dict[str, str] = {}
                self._client.update_params_for_auth(headers, [], ["BearerToken"], "", "", None)
                self._authorization, self._asked_at = headers, time.monotonic()
            return self._authorization
