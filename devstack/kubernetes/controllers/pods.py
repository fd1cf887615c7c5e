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
        states = [
            {
                "name": item["name"],
                "image": item["image"],
                "imageID": "",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": stamp}},
            }
            for item in at(obj, "spec", "containers") or ()
        ]
        status = {
            "phase": "Running",
            "startTime": stamp,
            "conditions": conditions(obj, rows, stamp),
            "containerStatuses": states,
        }
        set_status(api, obj, self.plural, status)
