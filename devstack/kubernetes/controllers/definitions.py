"""The kinds of External Secrets Operator and cert-manager in a cluster that lacks them."""

import time

from devstack.kubernetes.controllers.api import Api, apply, collection, get
from devstack.kubernetes.crds import DEFINITIONS, shipped
from devstack.kubernetes.objects import Object, at, name_of

_MANAGER = "tenantry-devstack"
_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.05


def install(api: Api) -> list[str]:
    """Applies what the cluster does not serve, and returns its names once it is served.

    TimeoutError if it never is. Definitions that are there, of whatever origin, stay as they are.
    """
    missing = [item for item in shipped() if not _is_served(api, item)]
    for definition in missing:
        apply(api, _path(definition), definition, _MANAGER)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for definition in missing:
        while not (_is_established(api, definition) and _is_served(api, definition)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name_of(definition)} is not served after {_PATIENCE_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)
    return [name_of(item) for item in missing]


def _path(definition: Object) -> str:
    group, plural = DEFINITIONS
    return f"{collection(group, 'v1', plural)}/{name_of(definition)}"


def _is_established(api: Api, definition: Object) -> bool:
    found = at(get(api, _path(definition)), "status", "conditions") or ()
    return any(item["type"] == "Established" and item["status"] == "True" for item in found)


def _is_served(api: Api, definition: Object) -> bool:
    """Whether discovery has it, which on a real server comes a moment after it is established."""
    spec = definition["spec"]
    return all(
        spec["names"]["plural"] in _plurals(api, f"/apis/{spec['group']}/{version['name']}")
        for version in spec["versions"]
        if version["served"]
    )


def _plurals(api: Api, path: str) -> set[str]:
    return {item["name"] for item in at(get(api, path), "resources") or ()}
