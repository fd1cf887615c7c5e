"""RDS parameter groups: one per tenant's database."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import (
    Finding,
    Holder,
    Kind,
    doomed,
    holder_of,
    listed,
    name_of,
    require_ours,
    tags_of,
)
from activities.aws.failures import aws_errors, code_of
from activities.aws.observing import Comparison, lacking
from domain.errors import InvalidSpec
from domain.messages import Difference, StepCall, StepOutcome, TenantContext
from domain.specs import DatabaseParametersSpec
from store.inventory import InventoryRow

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_rds.type_defs import DBParameterGroupTypeDef

PARAMETERS_PER_CALL = 20


class DatabaseParameters(Kind):
    ref_kind = "rds:db-parameter-group"

    @activity.defn(name="database_parameters.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        spec = self.ground.spec(call, DatabaseParametersSpec)
        name = name_of(call.tenant, call.step)
        client = self._client(call.tenant)
        with aws_errors():
            arn = self._create_or_adopt(client, call, name, spec.family)
            for part in _parts(spec.parameters):
                client.modify_db_parameter_group(
                    DBParameterGroupName=name,
                    Parameters=[
                        # Static parameters take no other method; a new instance starts with them.
                        {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
                        for key, value in part.items()
                    ],
                )
        return StepOutcome(
            outputs=self.ground.made(call, self.ref_kind, name, provider_id=arn, outputs={"name": name})
        )

    @activity.defn(name="database_parameters.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        client = self._client(call.tenant)
        for row in self.ground.rows(call):
            with aws_errors():
                group = _describe(client, row.ref.name)
                if doomed(row, _tags(client, group) if group else None, call.tenant):
                    _delete(client, row.ref.name)
        return StepOutcome()

    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        client = self._client(tenant)
        with aws_errors():
            group = _describe(client, row.ref.name)
            if group is None:
                return Finding(
                    Holder.NOBODY, "rds:DescribeDBParameterGroups answered DBParameterGroupNotFound"
                )
            holder = holder_of(_tags(client, group), tenant)
        return Finding(holder, f"rds:ListTagsForResource answered for {group['DBParameterGroupArn']}")

    def observe(self, call: StepCall) -> list[Difference]:
        spec = self.ground.spec(call, DatabaseParametersSpec)
        name = name_of(call.tenant, call.step)
        client = self._client(call.tenant)
        found = Comparison(call, self.ref_kind, name)
        with aws_errors():
            group = _describe(client, name)
            if group is None:
                return found.missing()
            if found.ours(_tags(client, group)):
                values = _values(client, name)
                for key, value in spec.parameters.items():
                    found.field(key, value, values.get(key))
        return found.differences

    def _create_or_adopt(self, client: "RDSClient", call: StepCall, name: str, family: str) -> str:
        try:
            group = client.create_db_parameter_group(
                DBParameterGroupName=name,
                DBParameterGroupFamily=family,
                Description=f"Tenant {call.tenant.slug}",
                Tags=listed(tags_of(call)),  # type: ignore[arg-type]  # plain dicts
            )["DBParameterGroup"]
        except ClientError as error:
            found = _describe(client, name) if code_of(error) == "DBParameterGroupAlreadyExists" else None
            if found is None:
                raise
            tags = _tags(client, found)
            require_ours(tags, call.tenant, f"parameter group {name}")
            if new := lacking(tags_of(call), tags):
                client.add_tags_to_resource(ResourceName=found["DBParameterGroupArn"], Tags=listed(new))  # type: ignore[arg-type]  # plain dicts
            if found["DBParameterGroupFamily"] != family:
                raise InvalidSpec(
                    f"parameter group {name} is of family {found['DBParameterGroupFamily']}, which RDS "
                    f"cannot change to {family}"
                ) from error
            group = found
        return group["DBParameterGroupArn"]

    def _client(self, tenant: TenantContext) -> "RDSClient":
        return self.ground.clients.rds(self.ground.cell(tenant).region)


def _describe(client: "RDSClient", name: str) -> "DBParameterGroupTypeDef | None":
    try:
        return client.describe_db_parameter_groups(DBParameterGroupName=name)["DBParameterGroups"][0]
    except ClientError as error:
        if code_of(error) == "DBParameterGroupNotFound":
            return None
        raise


def _tags(client: "RDSClient", group: "DBParameterGroupTypeDef") -> dict[str, str]:
    answer = client.list_tags_for_resource(ResourceName=group["DBParameterGroupArn"])
    return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}


def _values(client: "RDSClient", name: str) -> dict[str, str]:
    """Only what was set: a group has hundreds of defaults."""
    pages = client.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=name, Source="user")
    return {
        one["ParameterName"]: one.get("ParameterValue", "") for page in pages for one in page["Parameters"]
    }


def _delete(client: "RDSClient", name: str) -> None:
    try:
        client.delete_db_parameter_group(DBParameterGroupName=name)
    except ClientError as error:
        if code_of(error) != "DBParameterGroupNotFound":
            raise


def _parts(parameters: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """As many at a time as RDS takes in one call."""
    items = iter(parameters.items())
    while part := dict(islice(items, PARAMETERS_PER_CALL)):
        yield part
