"""A client that repeats what got no answer, as the billing service does: under the same idempotency key."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.chaos.waiting import until
from tests.workflows.stage import FINISHED, POLL_SECONDS, Json, Stage, new_key

PATIENCE_SECONDS = 60
AGAIN = {502, 503, 504}


@dataclass
class PatientStage(Stage):
    """Outages are met by repeating; a refusal is a refusal."""

    database: psycopg.AsyncConnection[Any] = field(kw_only=True)

    async def finished(self, accepted: Json) -> Json:
        """Asks the database: thousands of questions to the API would cost more than what is waited for."""
        status = ""

        async def over() -> bool:
            nonlocal status
            cursor = await self.database.execute(
                "SELECT status FROM operation WHERE id = %s", (accepted["operation_id"],)
            )
            row = await cursor.fetchone()
            status = row[0] if row else ""
            return status in FINISHED

        await until(over, f"the end of {accepted['operation_id']}", patience=PATIENCE_SECONDS)
        return {"status": status}

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = await self.send(method, path, body)
        assert answer.status_code == 202, f"{method} {path}: {answer.status_code} {answer.text}"
        accepted: Json = answer.json()
        return accepted

    async def send(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        """The first answer that is no outage."""
        key = new_key()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await self.http.request(method, path, json=body, headers=key)
                if answer.status_code not in AGAIN:
                    return answer
                await asyncio.sleep(POLL_SECONDS)
