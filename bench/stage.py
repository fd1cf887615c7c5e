"""A stack without delays, and sign-ups over HTTP as a billing service would do them."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import yaml

from bench.load import Call
from devstack.stack import Stack, StackOptions
from domain.naming import new_tenant_id
from runtime.settings import ROOT

REGIONS = ("us-east-1", "eu-west-1", "us-west-2")
POLL_SECONDS = 0.1
CROWD_POLL_SECONDS = 2.0
STREAM_POLL_SECONDS = 1.0
SPREAD_SECONDS = 0.25
PATIENCE_SECONDS = 120
QUIET: Mapping[str, str] = {
    f"TENANTRY_{name}_INTERVAL_SECONDS": "86400"
    for name in ("RECOVERY", "REMOVAL", "DRIFT", "ROTATION", "BILLING", "USAGE_UPKEEP")
}
"""What schedules begin does not fall into some rounds and not into others."""
UNLIMITED: Mapping[str, str] = {"TENANTRY_API_REQUESTS_PER_MINUTE": "1000000"}
"""One key of the bench asks for what many callers would."""
MEMORY = Path("/dev/shm")
MEMORY_WANTED = 2**30
Json = dict[str, Any]
FINISHED = {"succeeded", "failed", "cancelled", "superseded"}


@contextlib.contextmanager
def running_stack(
    profile: str = "none", workers: int = 2, settings: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """`settings` are further ones of the engine, by their TENANTRY_ names."""
    entries = yaml.safe_load((ROOT / "cells.yaml").read_text())
    cells = [{"name": name, **cell} for name, cell in entries.items()]
    with _home() as home:
        further = tuple((settings or {}).items())
        options = StackOptions(cells=cells, home=home, profile=profile, workers=workers, settings=further)
        stack = Stack(options).start()
        try:
            yield stack
        finally:
            stack.stop()


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """A folder in memory if there is room, else in the checkout.

    The stand-in for RDS makes a database of 300 files for each tenant. On an ext4 disk without a journal that
    took a quarter of the machine after the files of an earlier stack were deleted; that is not our speed.
    """
    if not (os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_WANTED):
        yield ROOT / ".devstack"
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="tenantry-bench-") as home:
        yield Path(home)


@dataclass(frozen=True)
class SignedUp:
    slug: str
    tenant_id: str
    seconds: float
    status: str


@dataclass(frozen=True)
class Crowd:
    """Operations that were asked for at once, each as the API tells it.

    Ends are the server's own instants, so that watching can be rare and does not load what it measures.
    """

    began: datetime
    views: tuple[Json, ...]

    @property
    def rate(self) -> float:
        """Per second, from the first POST to the last end."""
        last = max(datetime.fromisoformat(view["finished_at"]) for view in self.views)
        return len(self.views) / (last - self.began).total_seconds()

    def steady_rates(self, rounds: int, ends_in_each: int) -> tuple[float, ...]:
        """Ends per second in rounds of so many ends, from the end of that rank on."""
        ends = sorted(datetime.fromisoformat(view["finished_at"]) for view in self.views)
        marks = ends[ends_in_each::ends_in_each][: rounds + 1]
        return tuple(ends_in_each / (after - before).total_seconds() for before, after in pairwise(marks))

    @property
    def seconds(self) -> list[float]:
        """Of each, from its acceptance to its end."""
        spans = [
            [datetime.fromisoformat(view[name]) for name in ("accepted_at", "finished_at")]
            for view in self.views
        ]
        return [(end - begin).total_seconds() for begin, end in spans]

    def all_succeeded(self) -> Self:
        """Raises RuntimeError if one did not: what failed fast would look good."""
        failed = [view["slug"] for view in self.views if view["status"] != "succeeded"]
        if failed:
            raise RuntimeError(f"{len(failed)} of {len(self.views)} did not succeed, among them {failed[0]}")
        return self


class BenchStage:
    """One customer and its sign-ups."""

    def __init__(self, stack: Stack) -> None:
        self._http = httpx.Client(
            base_url=stack.addresses["api"],
            timeout=60,
            limits=httpx.Limits(max_connections=100),
            headers={"Authorization": f"Bearer {stack.api_key}"},
        )
        self._customer = ""

    def __enter__(self) -> Self:
        answer = self._http.post("/v1/customers", json={"name": "Bench"}, headers=_key())
        answer.raise_for_status()
        self._customer = answer.json()["id"]
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def warm_up(self) -> None:
        """The first calls of each process open connections and fill caches."""
        self.crowd(len(REGIONS)).all_succeeded()

    def signup(self, plan: str, region: str) -> SignedUp:
        """From the POST to the operation's end, which is the server's own instant: watching more often would
        take a tenth of what it watches."""
        began = datetime.now(UTC)
        accepted = self._ask(plan, region)
        view = self._ended(accepted, POLL_SECONDS)
        seconds = (datetime.fromisoformat(view["finished_at"]) - began).total_seconds()
        return SignedUp(accepted["slug"], accepted["tenant_id"], seconds, view["status"])

    def signups(self, count: int) -> list[float]:
        """Seconds of each, one after the other. Raises RuntimeError if one does not succeed."""
        done = [self.signup("team", "us-east-1") for _ in range(count)]
        if failed := [one.slug for one in done if one.status != "succeeded"]:
            raise RuntimeError(f"{len(failed)} of {count} did not succeed, among them {failed[0]}")
        return [one.seconds for one in done]

    def _ask(self, plan: str, region: str) -> Json:
        tenant_id = new_tenant_id()
        answer = self._http.post(
            "/v1/tenants",
            json={
                "id": tenant_id,
                "slug": f"b-{tenant_id}",
                "customer_id": self._customer,
                "plan": plan,
                "users": 20,
                "region": region,
            },
            headers=_key(),
        )
        answer.raise_for_status()
        accepted: Json = answer.json()
        return accepted

    def lives(self, count: int) -> int:
        """Small tenants sign up at once and are removed again; how many operations that were."""
        slugs = [view["slug"] for view in self.crowd(count, "echo").all_succeeded().views]
        with ThreadPoolExecutor(max_workers=count) as pool:
            list(pool.map(lambda slug: self.change(slug, "DELETE", "?grace=0"), slugs))
        return 2 * count

    def crowd(self, count: int, plan: str = "team", poll_seconds: float = CROWD_POLL_SECONDS) -> Crowd:
        """Sign-ups all asked for at once. Each look costs a worker as much as a step."""
        began = datetime.now(UTC)
        with ThreadPoolExecutor(max_workers=count) as pool:
            asked = list(pool.map(lambda index: self._ask(plan, REGIONS[index % 3]), range(count)))
            views = list(pool.map(partial(self._ended, poll_seconds=poll_seconds), asked))
        return Crowd(began, tuple(views))

    def stream(self, plan: str, count: int, under_way: int) -> Crowd:
        """Sign-ups of which so many are under way: each end begins another. The first begin spread out."""

        def whole(index: int) -> Json:
            if index < under_way:
                time.sleep(index * SPREAD_SECONDS)
            return self._ended(self._ask(plan, REGIONS[index % 3]), STREAM_POLL_SECONDS)

        began = datetime.now(UTC)
        with ThreadPoolExecutor(max_workers=under_way) as pool:
            return Crowd(began, tuple(pool.map(whole, range(count))))

    def mixed_calls(self, tenants: int, count: int, repeats_in: int) -> list[Call]:
        """Reads of some tenants in turn, and once in so many the repeat of a change under its own key."""
        key = _key()
        headers = dict(self._http.headers) | key
        slugs = [self.signup("team", "us-east-1").slug for _ in range(tenants)]
        repeated = Call("PATCH", f"/v1/tenants/{slugs[0]}", headers, {"users": 30})
        accepted = self._http.request(repeated.method, repeated.path, json=repeated.body, headers=key)
        self._ended(accepted.raise_for_status().json(), POLL_SECONDS)
        operation = accepted.json()["links"]["operation"]
        paths = ["/v1/tenants?limit=50", operation, "/v1/plans", *(f"/v1/tenants/{slug}" for slug in slugs)]
        reads = [Call("GET", path, headers) for path in paths]
        return [repeated if n % repeats_in == 0 else reads[n % len(reads)] for n in range(count)]

    def change(self, slug: str, method: str, path: str, body: Json | None = None) -> None:
        """Returns when it has succeeded. Raises RuntimeError if it has not."""
        answer = self._http.request(method, f"/v1/tenants/{slug}{path}", json=body, headers=_key())
        answer.raise_for_status()
        view = self._ended(answer.json(), POLL_SECONDS)
        if view["status"] != "succeeded":
            raise RuntimeError(f"{method} {path} has {view['status']}")

    def _ended(self, accepted: Json, poll_seconds: float) -> Json:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            time.sleep(poll_seconds)
            answer = self._http.get(accepted["links"]["operation"])
            answer.raise_for_status()
            view: Json = answer.json()
            if view["status"] in FINISHED:
                return view
        raise TimeoutError(f"{accepted['slug']} did not end within {PATIENCE_SECONDS} s")


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}
