"""SecretStores and ExternalSecrets, as External Secrets Operator reports them."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from devstack.kubernetes.controllers.api import (
    Api,
    Conflict,
    apply,
    collection,
    conditions,
    deleting,
    get,
    listed,
    owner,
    set_status,
)
from devstack.kubernetes.controllers.base import Controller, generation
from devstack.kubernetes.objects import Object, at, dump, metadata, name_of, namespace_of, now

# Returns the text of a remote secret by its key, region and version; LookupError if there is none.
Reader = Callable[[str, str, str], str]
_GROUP = "external-secrets.io"
_REGION = "us-east-1"


def placeholder(key: str, region: str, version: str = "") -> str:
    """The value of every remote secret where no provider is at hand."""
    del key, region, version
    return "placeholder"


class SecretStores(Controller):
    """Reports SecretStores as valid."""

    group, version, plural, delay = _GROUP, "v1", "secretstores", "externalsecret"
    manager = "external-secrets"

    def due(self, obj: Object) -> str:
        """A store is validated once."""
        return "" if deleting(obj) or _ready(obj) else generation(obj)

    def finish(self, api: Api, obj: Object) -> None:
        """Writes the Ready condition."""
        row = {"type": "Ready", "status": "True", "reason": "Valid", "message": "store validated"}
        status = {"capabilities": "ReadWrite", "conditions": conditions(obj, [row], now())}
        set_status(api, obj, self.plural, status)


class ExternalSecrets(Controller):
    """Makes the Secrets that ExternalSecrets describe, with values from a reader."""

    group, version, plural, delay = _GROUP, "v1", "externalsecrets", "externalsecret"
    manager = "external-secrets"
    follows = ((_GROUP, "secretstores"),)

    def __init__(self, reader: Reader = placeholder) -> None:
        self._reader = reader

    def due(self, obj: Object) -> str:
        """A synchronisation is due while the last one was of another generation or failed."""
        synced = at(obj, "status", "syncedResourceVersion") == _synced_version(obj)
        return "" if deleting(obj) or (synced and _ready(obj)) else _synced_version(obj)

    def finish(self, api: Api, obj: Object) -> None:
        """Applies the target Secret and writes the Ready condition; Conflict if a value is not to be had."""
        try:
            data = self._data(obj, self._region(api, obj))
        except LookupError as error:
            self._report(api, obj, "False", "SecretSyncedError", str(error.args[0]))
            raise Conflict(str(error.args[0])) from error
        target = at(obj, "spec", "target") or {}
        name = target.get("name") or name_of(obj)
        secret: Object = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": {"reconcile.external-secrets.io/managed": "true"}},
            "type": at(target, "template", "type") or "Opaque",
            "data": data,
        }
        if target.get("creationPolicy", "Owner") == "Owner":
            secret["metadata"]["ownerReferences"] = [owner(obj)]
        path = f"{collection('', 'v1', 'secrets', namespace_of(obj))}/{name}"
        apply(api, path, secret, self.manager)
        self._report(api, obj, "True", "SecretSynced", "secret synced")

    def related(self, api: Api, obj: Object) -> list[Object]:
        """The ExternalSecrets that wait for a SecretStore."""
        if obj.get("kind") != "SecretStore" or not _ready(obj):
            return []
        found = listed(api, self.collection(namespace_of(obj)))
        return [item for item in found if at(item, "spec", "secretStoreRef", "name") == name_of(obj)]

    def _region(self, api: Api, obj: Object) -> str:
        """The region of the store, which must be ready."""
        reference = at(obj, "spec", "secretStoreRef") or {}
        if reference.get("kind", "SecretStore") != "SecretStore":
            return _REGION
        name = reference.get("name", "")
        store = get(api, f"{collection(_GROUP, 'v1', 'secretstores', namespace_of(obj))}/{name}")
        if store is None:
            raise LookupError(
                f'could not get SecretStore "{name}": SecretStore.external-secrets.io "{name}" not found'
            )
        if not _ready(store):
            raise LookupError(f'SecretStore "{name}" is not ready')
        return at(store, "spec", "provider", "aws", "region") or _REGION

    def _data(self, obj: Object, region: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for item in at(obj, "spec", "dataFrom") or ():
            if reference := at(item, "extract"):
                members = _members(self._text(reference, region))
                found |= {name: _text(value) for name, value in members.items()}
        for item in at(obj, "spec", "data") or ():
            reference = item["remoteRef"]
            found[item["secretKey"]] = self._one(reference, region)
        return {key: base64.b64encode(value.encode()).decode() for key, value in found.items()}

    def _text(self, reference: Object, region: str) -> str:
        return self._reader(reference["key"], region, reference.get("version", ""))

    def _one(self, reference: Object, region: str) -> str:
        key, member = reference["key"], reference.get("property", "")
        text = self._text(reference, region)
        if not member or self._reader is placeholder:
            return text
        found = at(_members(text), *member.split("."))
        if found is None:
            raise LookupError(f"key {member} does not exist in secret {key}")
        return _text(found)

    def _report(self, api: Api, obj: Object, ready: str, reason: str, message: str) -> None:
        row = {"type": "Ready", "status": ready, "reason": reason, "message": message}
        status: Object = {"conditions": conditions(obj, [row], now())}
        if ready == "True":
            name = at(obj, "spec", "target", "name") or name_of(obj)
            status |= {"syncedResourceVersion": _synced_version(obj), "binding": {"name": name}}
            if at(obj, "status", "syncedResourceVersion") != _synced_version(obj):
                status["refreshTime"] = now()
        set_status(api, obj, self.plural, status)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _members(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _ready(obj: Object) -> bool:
    return any(
        item["type"] == "Ready" and item["status"] == "True" for item in at(obj, "status", "conditions") or ()
    )


def _synced_version(obj: Object) -> str:
    """Changes with the spec and, as in the operator, with labels and annotations: a touch refreshes."""
    touched = {key: metadata(obj).get(key) or {} for key in ("annotations", "labels")}
    return f"{metadata(obj).get('generation')}-{hashlib.sha256(dump(touched).encode()).hexdigest()[:56]}"
