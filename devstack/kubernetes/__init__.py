"""A stand-in Kubernetes API server: what the engine and kubectl use, behaving as kube-apiserver 1.36 does."""

from devstack.kubernetes.auth import ADMIN, DEFAULT_TOKEN, Identity, Rule
from devstack.kubernetes.kubeconfig import write_kubeconfig
from devstack.kubernetes.standin import StandIn

__all__ = ["ADMIN", "DEFAULT_TOKEN", "Identity", "Rule", "StandIn", "write_kubeconfig"]
