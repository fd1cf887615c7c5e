"""A noisy day: a crowd signs up while the providers throttle and lose answers, then a storm at one API."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import yaml

from devstack.stack import Stack
from runtime.settings import ROOT
from tests.audit import Auditor
from tests.noisy.signups import Crowd, Customers
from tests.noisy.wire import Calls, Wire
from tests.outages.site import EVERYTHING

STORMY_SERVICE = "iam"


@dataclass(frozen=True)
class Part:
    """One crowd and the calls that it took."""

    crowd: Crowd
    calls: Calls

    @property
    def spared(self) -> set[str]:
        """Tenants whose calls all went well."""
        return {signup.tenant_id for signup in self.crowd.ended if signup.spared}


@dataclass(frozen=True)
class Storm:
    crowd: Crowd
    windows: list[int]
    """Calls to the throttled service per window while it refused everything."""
    seconds: float
    """Length of a window."""


class Day:
    """Plays on a stack that nobody else uses."""

    def __init__(self, stack: Stack, seed: int, patience: float = 900) -> None:
        self._seed = seed
        self._wire = Wire(stack)
        self._customers = Customers(stack.addresses["api"], stack.api_key, patience)
        entries = yaml.safe_load((ROOT / "cells.yaml").read_text())
        cells = [{"name": name, **cell} for name, cell in entries.items()]
        self._auditor = Auditor(stack.aws.url, stack.clusters.kubeconfig, cells)

    async def quiet(self, count: int) -> Part:
        """What the same crowd takes when nothing goes wrong."""
        self._wire.forget()
        crowd = await self._customers.sign_up(count)
        return Part(crowd, self._wire.calls())

    async def noisy(self, count: int) -> Part:
        self._wire.forget()
        self._wire.noise(self._seed)
        try:
            crowd = await self._customers.sign_up(count)
        finally:
            self._wire.calm()
        return Part(crowd, self._wire.calls())

    async def storm(self, count: int, windows: int, seconds: float) -> Storm:
        """One service refuses everything for that many windows of so many seconds, while a crowd wants it."""
        self._wire.forget()
        self._wire.storm(STORMY_SERVICE)
        began = datetime.now(UTC)
        crowd = asyncio.create_task(self._customers.sign_up(count))
        await asyncio.sleep(windows * seconds)
        calls = self._wire.calls().per_window(STORMY_SERVICE, began, seconds)
        self._wire.calm()
        return Storm(await crowd, [*calls, *[0] * windows][:windows], seconds)

    async def incomplete(self, tenant_ids: list[str]) -> list[str]:
        """Those of whom something is missing or there twice, asked of the providers."""
        return [tenant for tenant in tenant_ids if not await self._is_complete(tenant)]

    async def close(self) -> None:
        await self._customers.close()

    async def _is_complete(self, tenant_id: str) -> bool:
        things = await asyncio.to_thread(self._auditor.things_of, tenant_id)
        return Counter(thing.split()[0] for thing in things) == EVERYTHING
