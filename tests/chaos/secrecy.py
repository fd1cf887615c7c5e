"""Looks for values that must be nowhere: histories, tables, logs, recordings of calls, answers, manifests."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

from botocore.exceptions import ClientError
from psycopg import sql

from domain.naming import workflow_id
from tests.canaries import told_in, versions
from tests.chaos.ground import Ground
from tests.chaos.world import World
from tests.workflows.stage import Json


@dataclass
class Canaries:
    """Values to look for, each with what it is."""

    ground: Ground
    tenant: Json
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = {
            "the worker's AWS key": self.ground.aws_key,
            "the password of our database": self.ground.database_password,
            "a stranger's secret": self.ground.strangers.canary,
        }

    def learn(self) -> None:
        """What the tenant's secrets hold, while there are any."""
        client = self.ground.stage.auditor.aws("secretsmanager", self.ground.cell["region"])
        pages = client.get_paginator("list_secrets").paginate()
        names = [secret["Name"] for page in pages for secret in page["SecretList"]]
        for name in names:
            if self.tenant["tenant_id"] in name:
                with suppress(ClientError):  # it went in the meantime
                    for version, text in versions(client, name):
                        found = json.loads(text)
                        self.values[f"{version} of {name}"] = found.get("password") or found["token"]

    async def found(self, world: World) -> list[str]:
        """'<what> is in <where>' for each place where one shows."""
        return [
            f"{what} is in {where}"
            async for where, text in self._places(world)
            for what in told_in(text, self.values)
        ]

    async def _places(self, world: World) -> AsyncIterator[tuple[str, str]]:
        async for place in self._histories():
            yield place
        async for place in self._tables():
            yield place
        for log in self.ground.logs():
            yield f"the log {log.name}", self.ground.log_since_last_look(log)
        for url in (self.ground.aws_url, self.ground.cluster_url):
            yield f"the calls recorded at {url}", (await self.ground.front(url).get("/_devstack/calls")).text
        for operation in await self._operations():
            answer = await self.ground.stage.http.get(f"/v1/operations/{operation}")
            yield f"the API's view of {operation}", answer.text
        for resource, name, found in world.objects:
            if resource != "secrets":
                yield f"{resource} {name}", json.dumps(found)

    async def _histories(self) -> AsyncIterator[tuple[str, str]]:
        client = self.ground.stage.client
        runs = f"WorkflowId = '{workflow_id(self.tenant['slug'], self.tenant['tenant_id'])}'"
        async for run in client.list_workflows(runs):
            handle = client.get_workflow_handle(run.id, run_id=run.run_id)
            async for event in handle.fetch_history_events():
                # Payloads are JSON, so a value shows in the bytes as it is.
                yield (
                    f"the history of {run.workflow_type}",
                    event.SerializeToString().decode("utf-8", "replace"),
                )

    async def _tables(self) -> AsyncIterator[tuple[str, str]]:
        cursor = await self.ground.database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        for (table,) in await cursor.fetchall():
            statement = sql.SQL("SELECT t::text FROM {} t WHERE t::text LIKE ANY(%s)").format(
                sql.Identifier(table)
            )
            patterns = [f"%{value}%" for value in self.values.values()]
            found = await self.ground.database.execute(statement, (patterns,))
            yield f"table {table}", "\n".join(row[0] for row in await found.fetchall())

    async def _operations(self) -> list[str]:
        cursor = await self.ground.database.execute(
            "SELECT id FROM operation WHERE tenant_id = %s", (self.tenant["tenant_id"],)
        )
        return [row[0] for row in await cursor.fetchall()]
