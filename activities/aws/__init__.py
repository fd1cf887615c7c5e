"""Activities for the AWS things that a blueprint can list."""

from collections.abc import Callable
from functools import partial

from activities.aws.base import Ground, Kind
from activities.aws.bucket import Buckets
from activities.aws.clients import Clients
from activities.aws.database import Databases
from activities.aws.database_parameters import DatabaseParameters
from activities.aws.dns import Dns
from activities.aws.password import Passwords
from activities.aws.pod_identity import PodIdentities
from activities.aws.previewing import surplus
from activities.aws.role import Roles
from activities.aws.secret import Secrets
from activities.aws.support import AwsAccess
from activities.aws.verify import Verification
from activities.drift.observer import Observer
from activities.drift.orphans_aws import AwsOrphans
from activities.previewer import Previewer
from catalog import Catalog
from domain.blueprint import StepKind
from runtime.settings import Settings
from store.inventory import Inventory
from store.observations import Observations
from store.orphans import Orphans

KINDS: dict[StepKind, type[Kind]] = {
    StepKind.BUCKET: Buckets,
    StepKind.SECRET: Secrets,
    StepKind.DATABASE_PARAMETERS: DatabaseParameters,
    StepKind.DATABASE: Databases,
    StepKind.ROLE: Roles,
    StepKind.POD_IDENTITY: PodIdentities,
    StepKind.DNS: Dns,
}


def aws_activities(settings: Settings, catalog: Catalog, inventory: Inventory) -> list[Callable[..., object]]:
    """What a worker registers for AWS, with clients for every region that has a cell."""
    clients = Clients(settings)
    clients.preload({cell.region for cell in catalog.cells.values()})
    ground = Ground(settings, catalog, inventory, clients)
    databases, dns = Databases(ground), Dns(ground)
    kinds: dict[StepKind, Kind] = {kind: make(ground) for kind, make in KINDS.items()}
    observations = Observations(inventory.engine, inventory.clock)
    looks = {kind: made.observe for kind, made in kinds.items()}
    removals = {kind: partial(surplus, made) for kind, made in kinds.items()}
    remarks = {StepKind.DATABASE: databases.remarks}
    return [
        *(step for kind in kinds.values() for step in (kind.ensure, kind.remove)),
        databases.await_ready,
        dns.await_ready,
        *Passwords(ground).activities(),
        AwsAccess(ground, inventory.clock).issue,
        Verification(ground, kinds).verify_gone,
        *Observer("aws", settings, catalog, observations, looks).activities(),
        *Previewer("aws", looks, removals, remarks).activities(),
        *AwsOrphans(ground, Orphans(inventory.engine, inventory.clock), KINDS).activities(),
    ]
