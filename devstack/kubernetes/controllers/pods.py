"""Pods of a real cluster that has no kubelet."""

from devstack.kubernetes.controllers.api import Api, conditions, deleting, set_status
from devstack.kubernetes.controllers.base import Controller
from devstack.kubernetes.objects import Object, at, metadata, now


class Pods(Controller):
    """Reports pods as running and ready, so that the cluster's own controllers finish their rollouts."""

    group, version, plural, delay = "", "v1", "pods", "deployment"
    manager = "kubelet"

    def due(self, obj: Object) -> str:
        """A pod is due once, while it is pending."""
        pending = at(obj, "status", "phase") == "Pending" and not deleting(obj)
        return str(metadata(obj)["uid"]) if pending else ""

    def finish(self, api: Api, obj: Object) -> None:
        """Writes the status that a kubelet writes when every container is ready."""
        stamp = now()
        kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        rows: list[Object] = [{"type": kind, "status": "True"} for kind in kinds]
        status = {
            "phase": "Running",
            "startTime": stamp,
            "conditions": conditions(obj, rows, stamp),
            "initContainerStatuses": [_done(item, stamp) for item in at(obj, "spec", "initContainers") or ()],
            "containerStatuses": [_running(item, stamp) for item in at(obj, "spec", "containers") or ()],
        }
        set_status(api, obj, self.plural, status)


def _running(container: Object, stamp: str) -> Object:
    return {**_state(container, "running", {"startedAt": stamp}), "started": True}


def _done(container: Object, stamp: str) -> Object:
    if container.get("restartPolicy") == "Always":  # a sidecar
        return _running(container, stamp)
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": stamp, "finishedAt": stamp}
    return _state(container, "terminated", ended)


def _state(container: Object, kind: str, state: Object) -> Object:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": True,
        "restartCount": 0,
        "state": {kind: state},
    }
