"""Things that are not ours, named as if they were: whatever happens, they stay as they are."""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

import httpx

from tests.audit import Auditor

STRANGER = "stranger0001"
"""Looks like a tenant id; nobody signed up under it."""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}
AUTHORIZED = {"Authorization": "Bearer devstack"}


class Strangers:
    """One of each kind that we make, of somebody else."""

    def __init__(
        self, auditor: Auditor, cell: dict[str, Any], cluster: httpx.AsyncClient, install: str
    ) -> None:
        self._auditor = auditor
        self._cell = cell
        self._cluster = cluster
        self._prefix = f"{install}-{STRANGER}"
        self._as_planted: dict[str, str] = {}
        self.canary = secrets.token_hex(20)
        """A value of theirs that nothing of ours may ever read, let alone repeat."""

    @property
    def role(self) -> str:
        """The name of theirs."""
        return f"{self._prefix}-auth-role"

    async def plant(self) -> None:
        await asyncio.to_thread(self._plant_in_aws)
        await self._plant_in_cluster()
        self._as_planted = await self.described()

    async def changed(self) -> list[str]:
        """Which of them are not as they were planted."""
        now = await self.described()
        return sorted(name for name, planted in self._as_planted.items() if now.get(name) != planted)

    async def described(self) -> dict[str, str]:
        described = await asyncio.to_thread(self._describe_aws)
        return described | await self._describe_cluster()

    def _aws(self, service: str) -> Any:
        return self._auditor.aws(service, self._cell["region"])

    def _plant_in_aws(self) -> None:
        name, host = self._prefix, f"stranger.{self._cell['domain']}"
        self._aws("s3").create_bucket(Bucket=f"{name}-recordings")
        self._aws("s3").put_object(Bucket=f"{name}-recordings", Key="theirs", Body=b"theirs")
        self._aws("secretsmanager").create_secret(Name=f"{name}-database-password", SecretString=self.canary)
        self._aws("iam").create_role(RoleName=self.role, AssumeRolePolicyDocument=json.dumps(TRUST))
        self._aws("rds").create_db_parameter_group(
            DBParameterGroupName=f"{name}-database-parameters",
            DBParameterGroupFamily="postgres16",
            Description="theirs",
        )
        record = {"Name": host, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "their.host"}]}
        self._aws("route53").change_resource_record_sets(
            HostedZoneId=self._cell["hosted_zone_id"],
            ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
        )

    def _describe_aws(self) -> dict[str, str]:
        name = self._prefix
        questions: dict[str, Callable[[], Any]] = {
            "bucket": lambda: self._aws("s3").list_objects_v2(Bucket=f"{name}-recordings")["Contents"],
            "secret": lambda: self._aws("secretsmanager").get_secret_value(
                SecretId=f"{name}-database-password"
            )["VersionId"],
            "role": lambda: self._aws("iam").get_role(RoleName=self.role)["Role"],
            "parameters": lambda: self._aws("rds").describe_db_parameter_groups(
                DBParameterGroupName=f"{name}-database-parameters"
            )["DBParameterGroups"],
            "record": lambda: [
                record
                for record in self._aws("route53").list_resource_record_sets(
                    HostedZoneId=self._cell["hosted_zone_id"]
                )["ResourceRecordSets"]
                if "stranger" in record["Name"]
            ],
        }
        return {kind: _answer(question) for kind, question in questions.items()}

    async def _plant_in_cluster(self) -> None:
        space = f"{self._prefix}-ns"
        for path, name, more in (
            ("/api/v1/namespaces", space, {}),
            (f"/api/v1/namespaces/{space}/configmaps", "theirs", {"data": {"key": "value"}}),
            (f"/api/v1/namespaces/{space}/secrets", "theirs", {"stringData": {"key": self.canary}}),
        ):
            answer = await self._cluster.post(path, json={"metadata": {"name": name}, **more})
            assert answer.status_code == 201, answer.text

    async def _describe_cluster(self) -> dict[str, str]:
        space = f"/api/v1/namespaces/{self._prefix}-ns"
        paths = [space, f"{space}/configmaps/theirs", f"{space}/secrets/theirs"]
        return {path: (await self._cluster.get(path)).text for path in paths}


def _answer(question: Callable[[], Any]) -> str:
    try:
        return repr(question())
    except Exception as error:  # noqa: BLE001 - whatever is said instead is a change
        return repr(error)
