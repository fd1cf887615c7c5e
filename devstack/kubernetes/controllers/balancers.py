"""Addresses of Services of type LoadBalancer."""

from devstack.kubernetes.controllers.api import Api, deleting, set_status
from devstack.kubernetes.controllers.base import Controller
from devstack.kubernetes.objects import Object, at, metadata


class LoadBalancers(Controller):
    """Gives every Service of type LoadBalancer a host name that is its own."""

    group, version, plural, delay = "", "v1", "services", "loadbalancer"
    manager = "cloud-controller-manager"

    def due(self, obj: Object) -> str:
        """An address is due while a load balancer has none."""
        wanted = at(obj, "spec", "type") == "LoadBalancer" and not deleting(obj)
        return (
            str(metadata(obj)["uid"]) if wanted and not at(obj, "status", "loadBalancer", "ingress") else ""
        )

    def finish(self, api: Api, obj: Object) -> None:
        """Writes the address; its name derives from the uid, as the AWS provider's does."""
        name = "a" + metadata(obj)["uid"].replace("-", "")[:31]
        set_status(
            api, obj, self.plural, {"loadBalancer": {"ingress": [{"hostname": f"{name}.elb.amazonaws.com"}]}}
        )
