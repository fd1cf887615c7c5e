"""One fault for each step of a Teleport sign-up: the call at the wire that makes the step's thing."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from tests.workflows.stage import Stage

REFUSED_BY_AWS = {"action": "refuse", "code": "AccessDenied", "status": 403, "message": "not authorized"}
REFUSED_BY_CLUSTER = {"action": "refuse", "status": 403, "reason": "Forbidden", "message": "not allowed"}
BUSY_AWS = {"action": "refuse", "code": "ServiceUnavailable", "status": 503, "message": "busy"}
BUSY_CLUSTER = {
    "action": "refuse",
    "status": 503,
    "reason": "ServiceUnavailable",
    "message": "busy",
}


@dataclass(frozen=True)
class At:
    """Where a step meets its provider."""

    step: str
    provider: str
    match: dict[str, str]

    def __str__(self) -> str:
        return self.step

    @contextlib.asynccontextmanager
    async def refused(self, stage: Stage, cell: str = "use1") -> AsyncIterator[None]:
        """The step fails for good while the block runs."""
        async with self._with(stage, cell, REFUSED_BY_AWS, REFUSED_BY_CLUSTER):
            yield

    @contextlib.asynccontextmanager
    async def held(self, stage: Stage, cell: str = "use1") -> AsyncIterator[None]:
        """The step is retried, without success, while the block runs."""
        async with self._with(stage, cell, BUSY_AWS, BUSY_CLUSTER):
            yield

    @contextlib.asynccontextmanager
    async def _with(
        self, stage: Stage, cell: str, aws: dict[str, Any], cluster: dict[str, Any]
    ) -> AsyncIterator[None]:
        fault = (
            stage.aws_fault(match=self.match, **aws)
            if self.provider == "aws"
            else stage.cluster_fault(cell, match=self.match, **cluster)
        )
        async with fault:
            yield


SIGNUP_STEPS = [
    At("recordings", "aws", {"operation": "CreateBucket"}),
    At("database-admin", "aws", {"operation": "CreateSecret", "resource": "*-database-admin"}),
    At("database-password", "aws", {"operation": "CreateSecret", "resource": "*-database-password"}),
    At("usage-token", "aws", {"operation": "CreateSecret", "resource": "*-usage-token"}),
    At("database-parameters", "aws", {"operation": "CreateDBParameterGroup"}),
    At("database", "aws", {"operation": "CreateDBInstance"}),
    At("auth-role", "aws", {"operation": "CreateRole", "resource": "*-auth-role"}),
    At("proxy-role", "aws", {"operation": "CreateRole", "resource": "*-proxy-role"}),
    At("secrets-role", "aws", {"operation": "CreateRole", "resource": "*-secrets-role"}),
    At("auth-identity", "aws", {"operation": "CreatePodIdentityAssociation", "resource": "*auth*"}),
    At("proxy-identity", "aws", {"operation": "CreatePodIdentityAssociation", "resource": "*proxy*"}),
    At("foundation", "kubernetes", {"verb": "patch", "resource": "resourcequotas"}),
    At("certificate", "kubernetes", {"verb": "patch", "resource": "certificates"}),
    At("config", "kubernetes", {"verb": "patch", "resource": "configmaps"}),
    At("auth", "kubernetes", {"verb": "patch", "resource": "deployments", "name": "auth"}),
    At("proxy", "kubernetes", {"verb": "patch", "resource": "deployments", "name": "proxy"}),
    At("dns", "aws", {"operation": "ChangeResourceRecordSets"}),
]
STEP = {at.step: at for at in SIGNUP_STEPS}
