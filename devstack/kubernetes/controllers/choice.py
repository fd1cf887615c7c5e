"""Which controllers a cluster wants: those whose part nobody plays there."""

import time

from devstack.kubernetes.controllers.api import Api, collection, get, listed
from devstack.kubernetes.controllers.autoscalers import Autoscalers
from devstack.kubernetes.controllers.balancers import LoadBalancers
from devstack.kubernetes.controllers.base import Controller
from devstack.kubernetes.controllers.certificates import Certificates
from devstack.kubernetes.controllers.pods import Pods
from devstack.kubernetes.controllers.runner import known
from devstack.kubernetes.controllers.secrets import ExternalSecrets, Reader, SecretStores, placeholder
from devstack.kubernetes.controllers.workloads import Deployments

NAMES = (
    "deployments",
    "horizontalpodautoscalers",
    "pods",
    "services",
    "secretstores",
    "externalsecrets",
    "certificates",
)
_POLL_SECONDS = 0.1


def wanted(api: Api, reader: Reader = placeholder, patience: float = 3.0) -> list[Controller]:
    """All, but pods only where no node is, and rollouts only where nobody else manages them.

    `patience`: seconds that a kube-controller-manager is given to show itself.
    """
    found: list[Controller] = [LoadBalancers(), SecretStores(), ExternalSecrets(reader), Certificates()]
    if not listed(api, collection("", "v1", "nodes")):
        found.append(Pods())
    managed = _is_managed(api, patience)
    found.append(Autoscalers(reports=not managed))
    if not managed:
        found.append(Deployments())
    return known(api, found)


def _is_managed(api: Api, patience: float) -> bool:
    """Whether a kube-controller-manager runs: it alone makes the default account of a namespace.

    Two that roll out the same Deployment would undo each other's status without end.
    """
    account = f"{collection('', 'v1', 'serviceaccounts', 'default')}/default"
    deadline = time.monotonic() + patience
    while get(api, account) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
