"""An AWS for one machine: moto, and before it a thin front for what moto lacks or does wrong."""

from devstack.aws.config import AwsConfig, Cluster, Delays, Zone
from devstack.aws.front import AwsFront

__all__ = ["AwsConfig", "AwsFront", "Cluster", "Delays", "Zone"]
