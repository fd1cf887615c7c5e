"""Which calls the front answers itself, by service; everything else is moto's."""

from collections.abc import Mapping
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.eks import Eks
from devstack.aws.iam import Iam
from devstack.aws.protocol import Answer
from devstack.aws.quotas import Quotas
from devstack.aws.rds.service import Rds
from devstack.aws.route53 import Route53
from devstack.aws.s3 import S3
from devstack.aws.secrets import Secrets
from devstack.aws.sessions import Sessions
from devstack.aws.simulation import Simulation
from devstack.aws.state import Handlers, State
from devstack.aws.tagged import Tagged


class Services:
    """The parts of the front, one per service that moto gets wrong."""

    def __init__(self, state: State) -> None:
        self._moto = state.moto
        self._quotas = Quotas(state)
        self._eks = Eks(state)
        self._rds = Rds(state, self._quotas)
        self._route53 = Route53(state)
        self._s3 = S3(state)
        self.sessions = Sessions(state)
        self._iam = Iam(state)
        self._handlers: Handlers = {
            **self._eks.handlers(),
            **self._quotas.handlers(),
            **self._rds.handlers(),
            **self._route53.handlers(),
            **self._s3.handlers(),
            **self._iam.handlers(),
            **Simulation(state).handlers(),
            **Secrets(state).handlers(),
            **self.sessions.handlers(),
        }

    @property
    def tagged(self) -> Tagged:
        return Tagged(self._moto, rds=self._rds.tags, eks=self._eks.tags)

    @property
    def handlers(self) -> Handlers:
        return self._handlers

    def start(self) -> None:
        self._iam.start()
        self._eks.start()
        self._route53.start()

    def stop(self) -> None:
        self._rds.stop()

    def answer(self, call: Call) -> Answer | Mapping[str, Any] | None:
        self._s3.admit(call)
        handler = self._handlers.get((call.service, call.name))
        return handler(call) if handler else self._moto.forward(call)
