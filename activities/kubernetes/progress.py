"""What earlier attempts of an ensure have applied, told by each to the next.

In a bad hour most attempts at a group of twenty objects lose a call; beginning anew each time takes a dozen.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import activity

from activities.kubernetes.objects import Key
from domain.messages import JsonObject

FRESH = timedelta(minutes=2)
"""How long an apply counts: longer than two of the longest pauses between attempts.

What somebody changes within it is drift, as it would be a moment after the last attempt.
"""


class Told(BaseModel):
    """What a heartbeat says."""

    applied: dict[str, datetime] = {}
    """When the attempt began that applied it, by object and content."""
    existed: bool = False


class Progress:
    """Of the activity that is running, over its attempts; by Temporal's clock."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        """`namespaces` are uids of those that the objects are in: one that was made anew holds nothing."""
        info = activity.info()
        told = Told.model_validate(info.heartbeat_details[0]) if info.heartbeat_details else Told()
        self._namespaces = namespaces
        self._now = info.started_time
        self._applied = {mark: at for mark, at in told.applied.items() if self._now - at < FRESH}
        self.existed = told.existed
        """Whether something of the group was there before this activity."""

    def covers(self, manifest: JsonObject) -> bool:
        """Whether exactly this was applied a moment ago."""
        return self._mark(manifest) in self._applied

    def add(self, manifests: Iterable[JsonObject]) -> None:
        """They are applied, and the inventory knows of it."""
        self._applied |= {self._mark(manifest): self._now for manifest in manifests}

    def hand_on(self) -> None:
        """The last thing that a failed attempt does: a heartbeat is billed, and its answer may cancel us."""
        if self._applied:
            told = Told(applied=self._applied, existed=self.existed)
            activity.heartbeat(told.model_dump(mode="json"))

    def _mark(self, manifest: JsonObject) -> str:
        """Other as soon as another worker's blueprint wants something else."""
        key = Key.of(manifest)
        uid = self._namespaces[key.name if key.is_namespace else key.namespace]
        content = json.dumps([uid, manifest], sort_keys=True)
        return f"{key} {hashlib.sha256(content.encode()).hexdigest()[:16]}"
