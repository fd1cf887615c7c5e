"""A tenant's instance: sends usage by the token of its tenant."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text
from sqlmodel import Session

from domain.bearer import digest
from domain.metering.usage_token import mint
from store.tables import UsageTokenRow
from tests.api.front import Front, Json

BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True)
class Sender:
    front: Front
    slug: str
    tenant_id: str
    token: str

    async def send(self, body: Any, content_type: str = BATCH, token: str | None = None) -> httpx.Response:
        """`body` as JSON, or bytes as they are."""
        authorization = f"Bearer {self.token if token is None else token}"
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.front.http.post(
            "/v1/usage",
            headers={"Authorization": authorization, "Content-Type": content_type},
            **content,
        )

    async def taken(self, *events: Any) -> tuple[int, int, list[Json]]:
        """How many were inserted and were duplicates, and those that were refused."""
        answer = await self.send(list(events))
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return found["inserted"], found["duplicates"], found["refused"]

    def stored(self) -> int:
        """How many events of it are stored."""
        query = text(
            "SELECT count(*) FROM usage_event"
            " JOIN usage_stream ON usage_stream.id = stream WHERE tenant_id = :tenant_id"
        )
        with self.front.engine.connect() as connection:
            return int(connection.execute(query, {"tenant_id": self.tenant_id}).scalar_one())

    def forget_token(self) -> None:
        """As its removal does."""
        with Session(self.front.engine) as session, session.begin():
            session.delete(session.get_one(UsageTokenRow, self.tenant_id))


async def sender(front: Front, **wishes: Any) -> Sender:
    """A tenant of its own, whose blueprint makes no token: one is recorded as the step would do it."""
    tenant = await front.active(**wishes)
    token = mint(tenant["tenant_id"])
    row = UsageTokenRow(
        tenant_id=tenant["tenant_id"],
        hash=digest(token),
        secret="usage-token",
        version="1",
        operation_id=tenant["operation_id"],
        recorded_at=datetime.now(UTC),
    )
    with Session(front.engine) as session, session.begin():
        session.add(row)
    return Sender(front, tenant["slug"], tenant["tenant_id"], token)


def event(**changes: Any) -> Json:
    """That a user was active just now; `changes` override."""
    return {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "/auth/0",
        "type": "com.goteleport.user.active",
        "time": datetime.now(UTC).isoformat(),
        "data": {"user": "ann"},
        **changes,
    }
