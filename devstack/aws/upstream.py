"""moto behind the front, and the one lock that makes it safe for threads."""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from devstack.aws.calls import ANONYMOUS, Call
from devstack.aws.protocol import Answer

WARM_SERVICES = ("sts", "iam", "s3", "secretsmanager", "eks", "route53")
"""moto's RDS stays out: it loads moto's EC2, 94 MB and a second, and the front answers RDS itself"""


Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Moto:
    """moto's state is process-wide, its backends are plain dicts: every use holds `lock`."""

    lock = threading.RLock()

    def __init__(self) -> None:
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._applications: dict[str, Application] = {}

    def warm(self) -> None:
        """Loads what every run needs, so that no first call pays for it."""
        with self.lock:
            for service in WARM_SERVICES:
                self._applications[service] = create_backend_app(service)  # type: ignore[arg-type]  # a literal of moto's own, that lists every service
                get_service_model(service)

    def forward(self, call: Call, body: bytes | None = None) -> Answer:
        """Lets moto answer; `body` replaces the one that came."""
        environ = {**call.environ, "HTTP_X_MOTO_ACCOUNT_ID": call.account}
        data = call.body if body is None else body
        environ["wsgi.input"] = io.BytesIO(data)
        environ["CONTENT_LENGTH"] = str(len(data))
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            started[:] = [status, headers, exc_info]

        with self.lock:
            chunks: Iterable[bytes] = self._application(call)(environ, start_response)
            content = b"".join(chunks)
            close = getattr(chunks, "close", None)
            if close:
                close()
        return Answer(int(started[0].split()[0]), dict(started[1]), content)

    def _application(self, call: Call) -> Application:
        """The service's own; moto's dispatcher looks through its folders at every call."""
        known = call.operation is not None and call.caller != ANONYMOUS
        return self._applications.get(call.service, self._dispatcher) if known else self._dispatcher
