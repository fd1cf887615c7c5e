"""A client that repeats what got no answer, as the billing service does: under the same idempotency key."""

import asyncio

import httpx

from tests.workflows.stage import POLL_SECONDS, Json, Stage, new_key

PATIENCE_SECONDS = 60
AGAIN = {502, 503, 504}


class PatientStage(Stage):
    """Outages are met by repeating; a refusal is a refusal."""

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
