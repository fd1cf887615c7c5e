"""Activities for the AWS things that a blueprint can list."""

from collections.abc import Callable

from activities.aws.base import Ground, Kind
from activities.aws.bucket import Buckets
from activities.aws.clients import Clients
from activities.aws.database import Databases
from activities.aws.database_parameters import DatabaseParameters
from activities.aws.dns import Dns
from activities.aws.pod_identity import PodIdentities
from activities.aws.role import Roles
from activities.aws.secret import Secrets
from activities.aws.verify import Verification
from catalog import Catalog
from domain.blueprint import StepKind
from runtime.settings import Settings
from store.inventory import Inventory


def aws_activities(settings: Settings, catalog: Catalog, inventory: Inventory) -> list[Callable[..., object]]:
    """What a worker registers for AWS, with clients for every region that has a cell."""
    clients = Clients(settings)
    clients.preload({cell.region for cell in catalog.cells.values()})
    ground = Ground(settings, catalog, inventory, clients)
    buckets = Buckets(ground)
    secrets = Secrets(ground)
    parameters = DatabaseParameters(ground)
    databases = Databases(ground)
    roles = Roles(ground)
    pod_identities = PodIdentities(ground)
    dns = Dns(ground)
    kinds: dict[StepKind, Kind] = {
        StepKind.BUCKET: buckets,
        StepKind.SECRET: secrets,
        StepKind.DATABASE_PARAMETERS: parameters,
        StepKind.DATABASE: databases,
        StepKind.ROLE: roles,
        StepKind.POD_IDENTITY: pod_identities,
        StepKind.DNS: dns,
    }
    return [
        *(step for kind in kinds.values() for step in (kind.ensure, kind.remove)),
        databases.await_ready,
        dns.await_ready,
        Verification(ground, kinds).verify_gone,
    ]
