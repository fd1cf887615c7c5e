"""How slow the stand-ins are: from nothing to what real clouds take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Seconds until each thing is usable."""

    database: float = 0
    load_balancer: float = 0
    pods: float = 0
    secrets: float = 0

    @property
    def aws(self) -> dict[str, float]:
        """Delays of the AWS front: changing and deleting a database are quicker than creating it."""
        return {
            "database": self.database,
            "database_modify": self.database / 2,
            "database_delete": self.database / 2,
            "dns": self.secrets,
        }

    @property
    def kubernetes(self) -> dict[str, float]:
        """Delays of the stand-in clusters."""
        return {
            "deployment": self.pods,
            "loadbalancer": self.load_balancer,
            "externalsecret": self.secrets,
            "certificate": self.secrets,
            "namespace": self.secrets,
        }

    @property
    def settings(self) -> dict[str, str]:
        """What the engine is told to expect, so that it polls at the right moments."""
        return {
            "TENANTRY_EXPECTED_DATABASE_SECONDS": str(self.database),
            "TENANTRY_EXPECTED_LOAD_BALANCER_SECONDS": str(self.load_balancer),
            "TENANTRY_EXPECTED_ROLLOUT_SECONDS": str(self.pods),
            # Nobody who plays with finalizers here waits the ten minutes of a real cluster.
            "TENANTRY_STUCK_TERMINATING_SECONDS": str(self.pods * 15 or 20),
            # The stand-ins answer within milliseconds, and so do calls of a run that was lost.
            "TENANTRY_RECOVERY_SETTLING_SECONDS": "5",
        }


PROFILES = {
    "none": Profile(),
    "demo": Profile(database=5, load_balancer=2, pods=1.5, secrets=0.5),
    "tenth": Profile(database=30, load_balancer=6, pods=2),
    "realistic": Profile(database=480, load_balancer=90, pods=40, secrets=5),
}
