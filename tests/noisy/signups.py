"""Many sign-ups at once, asked for as a billing service does: with one key each until they are accepted."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any
from uuid import uuid4

import httpx

from domain.naming import new_tenant_id

REGIONS = ("us-east-1", "eu-west-1", "us-west-2")
FINISHED = {"succeeded", "failed", "cancelled", "superseded"}
POLL_SECONDS = 1.0
SPARED = "z"
"""How the id of a tenant begins whose calls all go well, whatever befalls the others."""
SPARED_EVERY = 5


@dataclass(frozen=True)
class SignedUp:
    tenant_id: str
    status: str
    seconds: float
    """From the moment at which all were asked for."""

    @property
    def spared(self) -> bool:
        return self.tenant_id.startswith(SPARED)


@dataclass(frozen=True)
class Crowd:
    """How a burst of sign-ups went."""

    ended: list[SignedUp]

    @property
    def converged(self) -> int:
        return sum(signup.status == "succeeded" for signup in self.ended)

    def seconds(self, percent: int, among: set[str] | None = None) -> float:
        """Percentile of the time to the end; `among`: of these tenants only."""
        values = sorted(s.seconds for s in self.ended if among is None or s.tenant_id in among)
        if len(values) < 2 or percent == 100:
            return values[-1] if values else 0.0
        return quantiles(values, n=100, method="inclusive")[percent - 1]


class Customers:
    """The API of one stack, as its callers see it."""

    def __init__(self, api_url: str, api_key: str, patience: float) -> None:
        self._http = httpx.AsyncClient(
            base_url=api_url,
            timeout=60,
            limits=httpx.Limits(max_connections=50),
            headers={"Authorization": f"Bearer {api_key}"},
        )
        self._patience = patience

    async def sign_up(self, count: int) -> Crowd:
        """That many at once; returns when all have ended. Raises TimeoutError if that takes too long."""
        answer = await self._asked("/v1/customers", {"name": "Noise"})
        began = datetime.now(UTC)
        async with asyncio.timeout(self._patience):
            ended = await asyncio.gather(*(self._one(answer["id"], index, began) for index in range(count)))
        return Crowd(list(ended))

    async def close(self) -> None:
        await self._http.aclose()

    async def _one(self, customer: str, index: int, began: datetime) -> SignedUp:
        tenant_id = _id(spared=index % SPARED_EVERY == 0)
        wish = {
            "id": tenant_id,
            "slug": f"n-{tenant_id}",
            "customer_id": customer,
            "plan": "team",
            "users": 20,
            "region": REGIONS[index % len(REGIONS)],
        }
        accepted = await self._asked("/v1/tenants", wish)
        view = await self._ended(accepted["links"]["operation"])
        last = datetime.fromisoformat(view["finished_at"])
        return SignedUp(tenant_id, view["status"], (last - began).total_seconds())

    async def _asked(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        key = {"Idempotency-Key": uuid4().hex}
        while True:
            answer = await self._http.post(path, json=body, headers=key)
            if answer.status_code != 503:
                answer.raise_for_status()
                found: dict[str, Any] = answer.json()
                return found
            await asyncio.sleep(float(answer.headers["Retry-After"]))

    async def _ended(self, link: str) -> dict[str, Any]:
        while True:
            answer = await self._http.get(link)
            view: dict[str, Any] = answer.json() if answer.is_success else {}
            if view.get("status") in FINISHED:
                return view
            await asyncio.sleep(POLL_SECONDS)


def _id(*, spared: bool) -> str:
    while (tenant_id := new_tenant_id()).startswith(SPARED):
        pass
    return SPARED + tenant_id[1:] if spared else tenant_id
