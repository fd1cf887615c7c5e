"""The records of a hosted zone below one name, and who they belong to.

Route 53 has no tags on records. A TXT record beside each of ours names its tenant instead; it is made and
deleted in one change batch with the record, so neither exists without the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from activities.aws.base import Holder
from domain.messages import TenantContext
from domain.naming import registry_host

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import ChangeTypeDef, ResourceRecordSetOutputTypeDef

    Record = ResourceRecordSetOutputTypeDef

Action = Literal["CREATE", "UPSERT", "DELETE"]


def registry_value(tenant: TenantContext) -> str:
    """Content of the TXT record that marks a record as this tenant's, quoted as Route 53 wants it."""
    return f'"heritage=tenantry,install={tenant.install},tenant={tenant.id}"'


@dataclass
class Names:
    """What stands at a host and at its registry name."""

    host: str
    at_host: "list[Record]" = field(default_factory=list)
    registry: "list[Record]" = field(default_factory=list)

    def holder(self, tenant: TenantContext) -> Holder:
        """Who holds the host: the registry says; a record without one is a stranger's."""
        if not self.at_host and not self.registry:
            return Holder.NOBODY
        values = [value["Value"] for one in self.of_type("TXT") for value in one.get("ResourceRecords", [])]
        return Holder.OURS if registry_value(tenant) in values else Holder.STRANGER

    def of_type(self, kind: str) -> "list[Record]":
        """Records as we make them: a CNAME at the host, a TXT at its registry name."""
        return [one for one in (self.registry if kind == "TXT" else self.at_host) if one["Type"] == kind]

    @property
    def target(self) -> str:
        """Where the host points; empty if nowhere."""
        aliases = self.of_type("CNAME")
        return " ".join(value["Value"] for one in aliases for value in one.get("ResourceRecords", []))


def names_in(client: "Route53Client", zone: str, hosts: Sequence[str]) -> dict[str, Names]:
    """What stands at each of a tenant's hosts, read in one pass over the names below the shortest."""
    found = {host: Names(host) for host in hosts}
    registries = {registry_host(host): found[host] for host in hosts}
    for record in _below(client, zone, base_of(hosts)):
        name = plain(record["Name"])
        if name in found:
            found[name].at_host.append(record)
        elif name in registries:
            registries[name].registry.append(record)
    return found


def base_of(hosts: Sequence[str]) -> str:
    """The name that all hosts are at or below."""
    reversed_labels = [host.split(".")[::-1] for host in hosts]
    common = []
    for labels in zip(*reversed_labels, strict=False):
        if len(set(labels)) > 1:
            break
        common.append(labels[0])
    return ".".join(reversed(common))


def plain(name: str) -> str:
    """A name as we write it: Route 53 answers with a final dot and `\\052` for a star."""
    return name.removesuffix(".").replace("\\052", "*").lower()


def written(action: Action, tenant: TenantContext, host: str, target: str, ttl: int) -> "list[ChangeTypeDef]":
    """The changes that make (or overwrite) one host's record together with its registry record."""
    return [
        {
            "Action": action,
            "ResourceRecordSet": {
                "Name": host,
                "Type": "CNAME",
                "TTL": ttl,
                "ResourceRecords": [{"Value": target}],
            },
        },
        {
            "Action": action,
            "ResourceRecordSet": {
                "Name": registry_host(host),
                "Type": "TXT",
                "TTL": ttl,
                "ResourceRecords": [{"Value": registry_value(tenant)}],
            },
        },
    ]


def deleted(names: Names) -> "list[ChangeTypeDef]":
    """The changes that delete what we made there; Route 53 wants every record quoted in full."""
    ours = [*names.of_type("CNAME"), *names.of_type("TXT")]
    return [{"Action": "DELETE", "ResourceRecordSet": record} for record in ours]


def _below(client: "Route53Client", zone: str, base: str) -> "Iterator[Record]":
    """Every record at or below a name; they follow one another in Route 53's order."""
    start: dict[str, Any] = {"StartRecordName": base}
    while True:
        page = client.list_resource_record_sets(HostedZoneId=zone, **start)
        for record in page["ResourceRecordSets"]:
            name = plain(record["Name"])
            if name != base and not name.endswith(f".{base}"):
                return
            yield record
        if not page["IsTruncated"]:
            return
        start = {"StartRecordName": page["NextRecordName"], "StartRecordType": page["NextRecordType"]}
        if "NextRecordIdentifier" in page:
            start["StartRecordIdentifier"] = page["NextRecordIdentifier"]
