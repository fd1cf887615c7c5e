"""Route 53: the tenant's names point at its load balancer, each with a registry record beside it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import IDENTITY, Finding, Holder, Kind
from activities.aws.failures import aws_errors, code_of
from activities.aws.names import compare
from activities.aws.records import Names, base_of, deleted, names_in, written
from activities.polling import SHARE_OF_EXPECTED, next_look
from domain.errors import InvalidSpec, NotReady, OwnershipConflict, Unavailable
from domain.messages import Difference, ResourceRef, StepCall, StepOutcome, TenantContext
from domain.naming import registry_host, tenant_host
from domain.plans import Cell
from domain.specs import DnsSpec
from store.inventory import InventoryRow, Made

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import ChangeTypeDef

CHANGE = "change"
"""Attribute of the inventory rows: the change that Route 53 spreads to its servers."""

SPREADING_SECONDS = 60
"""How long Route 53 usually takes at most to answer INSYNC."""

SHARE = 0.1
"""Of that time, until it is asked again: Route 53 takes five requests a second from an account."""

QUICK_SECONDS = 10
"""Only stand-ins are as quick, and they take any number of requests."""


class Dns(Kind):
    ref_kind = "route53:record"

    @activity.defn(name="dns.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        spec = self.ground.spec(call, DnsSpec)
        cell = self.ground.cell(call.tenant)
        target = _target(call, spec)
        hosts = [tenant_host(call.tenant.slug, cell.domain, label) for label in spec.names]
        client = self._client(call.tenant)
        with aws_errors():
            change = self._create_or_adopt(client, call, cell, hosts, target, spec.ttl_seconds)
            # A change is always answered as pending; asked once more here, a quick one needs no poll.
            in_sync = _in_sync(client, change)
        self.ground.inventory.made_all(
            call,
            [
                Made(
                    kind=self.ref_kind,
                    name=name,
                    provider_id=f"{cell.hosted_zone_id}/{name}",
                    attributes={IDENTITY: target, CHANGE: change},
                )
                for host in hosts
                for name in (f"{host} CNAME", f"{registry_host(host)} TXT")
            ],
        )
        waiting_for = "" if in_sync else _spreading(cell)
        return StepOutcome(
            ready=in_sync, waiting_for=waiting_for, outputs={f"{call.step}.name": base_of(hosts)}
        )

    @activity.defn(name="dns.await_ready")
    def await_ready(self, call: StepCall) -> StepOutcome:
        cell = self.ground.cell(call.tenant)
        changes = {row.attributes[CHANGE] for row in self.ground.rows(call) if CHANGE in row.attributes}
        with aws_errors():
            for change in changes:
                if not _in_sync(self._client(call.tenant), change):
                    raise NotReady(_spreading(cell), retry_after=self._spacing())
        return StepOutcome()

    @activity.defn(name="dns.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        client = self._client(call.tenant)
        rows = self.ground.rows(call)
        with aws_errors():
            for zone, found in self._zones(call.tenant, rows):
                doomed = [names for names in found or () if names.holder(call.tenant) is Holder.OURS]
                changes = [change for names in doomed for change in deleted(names)]
                if changes:
                    _delete(client, zone, changes)
        return StepOutcome()

    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        return self.find_all(tenant, [row])[0]

    def find_all(self, tenant: TenantContext, rows: Sequence[InventoryRow]) -> list[Finding]:
        """One reading of a zone answers all: Route 53 takes five calls a second from an account."""
        found: dict[str, dict[str, Names] | None] = {}
        with aws_errors():
            for zone, read in self._zones(tenant, rows):
                found[zone] = None if read is None else {names.host: names for names in read}
        return [_finding(zone, found[zone], row.ref, tenant) for zone, row in self._with_zones(tenant, rows)]

    def observe(self, call: StepCall) -> list[Difference]:
        """One reading of the zone."""
        spec = self.ground.spec(call, DnsSpec)
        cell = self.ground.cell(call.tenant)
        hosts = [tenant_host(call.tenant.slug, cell.domain, label) for label in spec.names]
        with aws_errors():
            found = names_in(self._client(call.tenant), cell.hosted_zone_id, hosts)
        target = _target(call, spec)
        return [
            one
            for host in hosts
            for one in compare(call, self.ref_kind, found[host], target, spec.ttl_seconds)
        ]

    def _zones(
        self, tenant: TenantContext, rows: Sequence[InventoryRow]
    ) -> Iterator[tuple[str, list[Names] | None]]:
        """What stands at the rows' hosts, zone by zone; None for a zone that does not exist.

        Raises InvalidSpec if such a zone is one in which records were made.
        """
        by_zone: dict[str, list[InventoryRow]] = {}
        for zone, row in self._with_zones(tenant, rows):
            by_zone.setdefault(zone, []).append(row)
        for zone, its_rows in by_zone.items():
            try:
                hosts = _hosts(row.ref for row in its_rows)
                yield zone, list(names_in(self._client(tenant), zone, hosts).values())
            except ClientError as error:
                if code_of(error) != "NoSuchHostedZone":
                    raise
                if any(row.state == "made" for row in its_rows):
                    raise InvalidSpec(
                        f"Route 53 has no hosted zone {zone}, in which the records of tenant {tenant.slug} "
                        "were made; restore the zone, or the access to the AWS account that has it"
                    ) from error
                yield zone, None

    def _with_zones(
        self, tenant: TenantContext, rows: Iterable[InventoryRow]
    ) -> list[tuple[str, InventoryRow]]:
        """Each row with the zone that it recorded; what was never made would have been in the cell's."""
        zone = self.ground.cell(tenant).hosted_zone_id
        return [(row.provider_id.removesuffix(f"/{row.ref.name}") or zone, row) for row in rows]

    def _create_or_adopt(
        self, client: "Route53Client", call: StepCall, cell: Cell, hosts: list[str], target: str, ttl: int
    ) -> str:
        """The id of the change, which tells when all of Route 53's servers have it."""
        tenant, zone = call.tenant, cell.hosted_zone_id
        create = [change for host in hosts for change in written("CREATE", tenant, host, target, ttl)]
        try:
            return _submit(client, zone, create)
        except ClientError as error:
            if code_of(error) != "InvalidChangeBatch":
                raise
            found = names_in(client, zone, hosts).values()
            if all(names.holder(tenant) is Holder.NOBODY for names in found):
                raise
        for names in found:
            if names.holder(tenant) is Holder.STRANGER:
                raise OwnershipConflict(
                    f"DNS name {names.host} is taken, and its registry record does not name this tenant; "
                    "it is untouched"
                )
        # Also where nothing differs: its change id tells when the records answer everywhere.
        upsert = [change for host in hosts for change in written("UPSERT", tenant, host, target, ttl)]
        return _submit(client, zone, upsert)

    def _spacing(self) -> timedelta:
        # Route 53 is never the slower of the two, and stand-ins are as fast here as there.
        expected = min(SPREADING_SECONDS, self.ground.settings.expected_load_balancer_seconds)
        return next_look(expected, SHARE if expected > QUICK_SECONDS else SHARE_OF_EXPECTED)

    def _client(self, tenant: TenantContext) -> "Route53Client":
        return self.ground.clients.route53(self.ground.cell(tenant).region)


def _target(call: StepCall, spec: DnsSpec) -> str:
    target = call.outputs.get(spec.target)
    if not target:
        raise InvalidSpec(f"step '{call.step}' points at '{spec.target}', which no earlier step found out")
    return target


def _submit(client: "Route53Client", zone: str, changes: "list[ChangeTypeDef]") -> str:
    answer = client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return answer["ChangeInfo"]["Id"]


def _delete(client: "Route53Client", zone: str, changes: "list[ChangeTypeDef]") -> None:
    try:
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    except ClientError as error:
        if code_of(error) == "InvalidChangeBatch":  # a record changed since it was read
            raise Unavailable(f"the records changed while they were deleted: {error}") from error
        raise


def _in_sync(client: "Route53Client", change: str) -> bool:
    try:
        return client.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC"
    except ClientError as error:
        if code_of(error) == "NoSuchChange":  # forgotten by Route 53, so long done
            return True
        raise


def _spreading(cell: Cell) -> str:
    return f"Route 53 spreads the records of {cell.domain} to its servers"


def _host(ref: ResourceRef) -> str:
    """The host that a row is about: the row of a registry record is about the host that it marks."""
    name, _, kind = ref.name.partition(" ")
    if kind != "TXT":
        return name
    label, _, rest = name.partition(".")
    return f"*.{rest}" if label == "_tenantry-any" else rest


def _hosts(refs: Iterable[ResourceRef]) -> list[str]:
    return list(dict.fromkeys(_host(ref) for ref in refs))


def _finding(zone: str, found: dict[str, Names] | None, ref: ResourceRef, tenant: TenantContext) -> Finding:
    kind = ref.name.partition(" ")[2]
    question = f"route53:ListResourceRecordSets of zone {zone}"
    if found is None:
        return Finding(Holder.NOBODY, f"{question} answered NoSuchHostedZone")
    names = found[_host(ref)]
    if not names.of_type(kind):
        return Finding(Holder.NOBODY, f"{question} answered no {kind} of that name")
    proof = f"{question} answered {names.target or 'a registry record'}"
    return Finding(names.holder(tenant), proof, names.target)
