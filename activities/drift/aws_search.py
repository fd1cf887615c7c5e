"""What bears our install's mark in one region of AWS: asked of each service, as each lists its own."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from activities.aws.base import Ground
from activities.aws.records import plain
from activities.aws.s3 import HOME_REGION
from activities.drift.aws_lists import NEXT_RECORD, details, pages
from domain.naming import TAG_INSTALL, TAG_SLUG, TAG_TENANT, TENANT_ID_PATTERN
from domain.plans import Cell
from store.orphans import Marked

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_s3 import S3Client

Homeless = Callable[[Collection[str]], Collection[str]]
"""Those of some tenant ids of which no tenant may have anything."""


class AwsSearch:
    """Where a list has no tags, they are asked for of those things only whose name tells of no known tenant:
    a call for each thing of every tenant would cost more than all else that Tenantry does."""

    def __init__(self, ground: Ground, region: str, homeless: Homeless) -> None:
        self._ground = ground
        self._homeless = homeless
        self._region = region
        self._install = ground.settings.install
        self._prefix = f"{self._install}-"
        self._ours = re.compile(rf"{re.escape(self._prefix)}({TENANT_ID_PATTERN.strip('^$')})-")
        self._cells = [cell for cell in ground.catalog.cells.values() if cell.region == region]
        self._home = next(iter(ground.catalog.cells.values())).region == region

    def found(self) -> Iterator[Marked]:
        """In an activity only, as every call heartbeats."""
        cell = self._cells[0]
        yield from self._buckets(cell)
        yield from self._secrets(cell)
        yield from self._databases(cell)
        yield from self._parameter_groups(cell)
        if self._home:
            yield from self._roles(cell)
        for each in self._cells:
            yield from self._associations(each)
            yield from self._records(each)

    def _buckets(self, cell: Cell) -> Iterator[Marked]:
        client = self._ground.clients.s3(self._region)
        for page in pages(
            client.list_buckets, {"ContinuationToken": "ContinuationToken"}, Prefix=self._prefix
        ):
            for name in self._suspects(bucket["Name"] for bucket in page.get("Buckets", [])):
                if self._is_here(client, name):
                    tags = details(client.get_bucket_tagging, Bucket=name)
                    yield from self._marked("s3:bucket", name, cell, _by_key(tags.get("TagSet", [])))

    def _is_here(self, client: "S3Client", name: str) -> bool:
        """S3 lists the buckets of all regions."""
        found = details(client.get_bucket_location, Bucket=name)
        # None is the home region's; a bucket that is gone has no answer at all.
        return "LocationConstraint" in found and (found["LocationConstraint"] or HOME_REGION) == self._region

    def _secrets(self, cell: Cell) -> Iterator[Marked]:
        client = self._ground.clients.secretsmanager(self._region)
        ours = [{"Key": "tag-key", "Values": [TAG_INSTALL]}]
        for page in pages(client.list_secrets, {"NextToken": "NextToken"}, Filters=ours):
            for secret in page["SecretList"]:
                tags = _by_key(secret.get("Tags", []))
                yield from self._marked("secretsmanager:secret", secret["Name"], cell, tags, secret["ARN"])

    def _databases(self, cell: Cell) -> Iterator[Marked]:
        client = self._ground.clients.rds(self._region)
        for page in pages(client.describe_db_instances, {"Marker": "Marker"}):
            for one in page["DBInstances"]:
                tags = _by_key(one.get("TagList", []))
                yield from self._marked(
                    "rds:db-instance", one["DBInstanceIdentifier"], cell, tags, one["DBInstanceArn"]
                )

    def _parameter_groups(self, cell: Cell) -> Iterator[Marked]:
        client = self._ground.clients.rds(self._region)
        for page in pages(client.describe_db_parameter_groups, {"Marker": "Marker"}):
            groups = page["DBParameterGroups"]
            arns = {one["DBParameterGroupName"]: one["DBParameterGroupArn"] for one in groups}
            for name in self._suspects(arns):
                tags = _by_key(
                    details(client.list_tags_for_resource, ResourceName=arns[name]).get("TagList", [])
                )
                yield from self._marked("rds:db-parameter-group", name, cell, tags, arns[name])

    def _roles(self, cell: Cell) -> Iterator[Marked]:
        client = self._ground.clients.iam(self._region)
        for page in pages(client.list_roles, {"Marker": "Marker"}):
            arns = {role["RoleName"]: role["Arn"] for role in page["Roles"]}
            for name in self._suspects(arns):
                tags = _by_key(details(client.list_role_tags, RoleName=name).get("Tags", []))
                yield from self._marked("iam:role", name, cell, tags, arns[name])

    def _associations(self, cell: Cell) -> Iterator[Marked]:
        client = self._ground.clients.eks(self._region)
        cluster = {"clusterName": cell.cluster}
        for page in pages(client.list_pod_identity_associations, {"nextToken": "nextToken"}, **cluster):
            ids = {
                f"{one['namespace']}/{one['serviceAccount']}": one["associationId"]
                for one in page["associations"]
            }
            for name in self._suspects(ids):
                whole = details(client.describe_pod_identity_association, associationId=ids[name], **cluster)
                tags = whole.get("association", {}).get("tags", {})
                yield from self._marked("eks:pod-identity-association", name, cell, tags, ids[name])

    def _records(self, cell: Cell) -> Iterator[Marked]:
        """Registry records name the tenant; the record that each marks has no tags of its own."""
        client = self._ground.clients.route53(self._region)
        for page in pages(client.list_resource_record_sets, NEXT_RECORD, HostedZoneId=cell.hosted_zone_id):
            for record in page["ResourceRecordSets"]:
                if record["Type"] == "TXT":
                    for value in record.get("ResourceRecords", []):
                        name = f"{plain(record['Name'])} TXT"
                        yield from self._marked("route53:record", name, cell, _registry(value["Value"]))

    def _suspects(self, names: Iterable[str]) -> list[str]:
        """Names that begin like ours and go on with the id of no tenant that may have something."""
        found = {name: ours[1] for name in names if (ours := self._ours.match(name))}
        homeless = set(self._homeless(set(found.values())))
        return [name for name, tenant_id in found.items() if tenant_id in homeless]

    def _marked(
        self, kind: str, name: str, cell: Cell, tags: Mapping[str, str], provider_id: str = ""
    ) -> Iterator[Marked]:
        if tags.get(TAG_INSTALL) == self._install and tags.get(TAG_TENANT):
            yield Marked(
                kind=kind,
                name=name,
                tenant_id=tags[TAG_TENANT],
                cell=cell.name,
                provider_id=provider_id,
                slug=tags.get(TAG_SLUG, ""),
            )


def _by_key(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _registry(value: str) -> dict[str, str]:
    """The tags that a registry record stands for."""
    words = dict(part.partition("=")[::2] for part in value.strip('"').split(","))
    if words.get("heritage") != "tenantry":
        return {}
    return {TAG_INSTALL: words.get("install", ""), TAG_TENANT: words.get("tenant", "")}
