"""The front itself: identifies a call, lets faults befall it, answers or forwards it, records it."""

import sys
import threading
import time
import traceback
from collections.abc import Iterable
from typing import Any, Self

from pydantic import TypeAdapter

from devstack.aws.calls import Call, identify
from devstack.aws.config import AwsConfig, Cluster, Delays, Zone
from devstack.aws.control import PREFIX, Control
from devstack.aws.faults import Fault
from devstack.aws.guard import Guard
from devstack.aws.protocol import Answer, RefusedError, refusal, result
from devstack.aws.record import recorded
from devstack.aws.server import DropAnswerError, Server
from devstack.aws.services import Services
from devstack.aws.sessions import KEY_PREFIX
from devstack.aws.state import State


class AwsFront:
    """An AWS on loopback for boto3's `endpoint_url`.

    moto's state is one per process, so two fronts in one process share buckets, roles, secrets and DNS.
    """

    def __init__(
        self,
        postgres_url: str | None = None,
        clusters: Iterable[Cluster | dict[str, str]] = (),
        zones: Iterable[Zone | dict[str, str]] = (),
        delays: Delays | dict[str, float] | None = None,
        **options: Any,
    ) -> None:
        """`options` are the other fields of `AwsConfig`."""
        self._state = State(
            AwsConfig(
                postgres_url=postgres_url,
                clusters=TypeAdapter(list[Cluster]).validate_python(list(clusters)),
                zones=TypeAdapter(list[Zone]).validate_python(list(zones)),
                delays=TypeAdapter(Delays).validate_python(delays or {}),
                **options,
            )
        )
        self._services = Services(self._state)
        self._guard = Guard(self._state.config.policies, self._services.tagged, self._services.sessions)
        self._control = Control(self._state, self._guard)
        self._server: Server | None = None

    @classmethod
    def from_config(cls, config: AwsConfig) -> Self:
        return cls(**{name: getattr(config, name) for name in AwsConfig.model_fields})

    @property
    def url(self) -> str:
        """Where it listens; only while it is started."""
        if self._server is None:
            raise RuntimeError("the AWS front is not started")
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        """Returns once calls are answered."""
        self._state.moto.warm()
        self._services.start()
        config = self._state.config
        self._server = Server((config.host, config.port), self._serve)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="aws", daemon=True).start()
        return self

    def stop(self) -> None:
        """Ends every connection and drops the databases that were made."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            self._services.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _serve(self, environ: dict[str, Any], body: bytes) -> Answer:
        path = environ["PATH_INFO"]
        if path.startswith(PREFIX):
            return self._control.answer(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], body)
        started = time.perf_counter()
        at = self._state.clock.now().isoformat()
        call = identify(environ, body, self._state.config.accounts)
        faults = self._state.faults.take(call)
        answer = self._answer(call, faults)
        drop = next((fault for fault in faults if fault.action == "drop_answer"), None)
        self._state.log.add(
            recorded(
                call,
                answer,
                at=at,
                dropped=drop is not None,
                fault=(drop or faults[-1]).id if faults else None,
                seconds=time.perf_counter() - started,
            )
        )
        if drop is not None:
            raise DropAnswerError
        return answer

    def _answer(self, call: Call, faults: list[Fault]) -> Answer:
        try:
            self._befall(faults)
            self._admit(call)
            self._guard.admit(call)
            outcome = self._services.answer(call)
        except RefusedError as error:
            return refusal(call, error)
        except NotImplementedError as error:
            return refusal(call, RefusedError("NotImplemented", str(error), status=501))
        except Exception:  # noqa: BLE001 -- AWS answers its own failures too; the cause goes to the log
            traceback.print_exc(file=sys.stderr)
            return refusal(call, RefusedError("InternalFailure", "The request failed.", status=500))
        return outcome if isinstance(outcome, Answer) else result(call, outcome)

    def _befall(self, faults: list[Fault]) -> None:
        for fault in faults:
            if fault.action == "delay":
                self._state.faults.wait(fault)
            elif fault.action == "refuse":
                error = RefusedError(fault.code, fault.message, status=fault.status)
                error.retry_after = fault.retry_after
                raise error

    def _admit(self, call: Call) -> None:
        callers = self._state.config.callers
        if callers is not None and call.caller not in callers and not call.caller.startswith(KEY_PREFIX):
            code = "InvalidAccessKeyId" if call.service == "s3" else "InvalidClientTokenId"
            raise RefusedError(code, "The security token included in the request is invalid.", status=403)
