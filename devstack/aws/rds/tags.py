"""Tags of RDS things, by ARN."""

from collections.abc import Mapping
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.protocol import RefusedError
from devstack.aws.rds import checks, views
from devstack.aws.rds.store import Store
from devstack.aws.state import Handlers, State

MAX_TAGS = 50
MISSING = {
    "db": ("DBInstanceNotFound", "DBInstance"),
    "snapshot": ("DBSnapshotNotFound", "DBSnapshot"),
}


class Tags:
    """Refuses ARNs of things that are not there, which moto does not."""

    def __init__(self, state: State, store: Store) -> None:
        self._state = state
        self._store = store

    def handlers(self) -> Handlers:
        return {
            ("rds", "AddTagsToResource"): self._add,
            ("rds", "RemoveTagsFromResource"): self._remove,
            ("rds", "ListTagsForResource"): self._list,
        }

    def _add(self, call: Call) -> None:
        given = {tag["Key"]: tag.get("Value", "") for tag in call.params["Tags"]}
        with self._store.lock:
            tags = self._of(call)
            if len({**tags, **given}) > MAX_TAGS:
                raise checks.value_error(f"A resource takes at most {MAX_TAGS} tags.")
            tags.update(given)

    def _remove(self, call: Call) -> None:
        with self._store.lock:
            tags = self._of(call)
            for name in call.params["TagKeys"]:
                tags.pop(name, None)

    def _list(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            return {"TagList": views.tag_list(self._of(call))}

    def _of(self, call: Call) -> dict[str, str]:
        self._store.settle(self._state.clock.now())
        arn = str(call.params["ResourceName"])
        found = self._store.tags.get(arn)
        if found is not None:
            return found
        parts = arn.split(":")
        if len(parts) < 7 or parts[2] != "rds":
            raise checks.value_error(f"Invalid resource name: {arn}")
        code, kind = MISSING.get(parts[5], ("InvalidParameterValue", "Resource"))
        raise RefusedError(code, f"{kind} {parts[6]} not found.")
