"""RDS for PostgreSQL: made with a password that this module reads from the tenant's secret itself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from temporalio import activity

from activities.aws.base import (
    Finding,
    Holder,
    Kind,
    desired_of,
    holder_of,
    listed,
    name_of,
    require_ours,
    tags_of,
)
from activities.aws.database_change import change
from activities.aws.database_properties import Properties, as_sent, wanted
from activities.aws.database_remarks import kept, remarks
from activities.aws.database_removal import remove_instance, snapshots_left
from activities.aws.database_state import compare
from activities.aws.failures import aws_errors
from activities.aws.instances import Instance, describe, instance_of
from activities.aws.losses import made_before, may_make
from activities.aws.observing import Comparison, lacking
from activities.aws.secret import read_password
from activities.aws.tenant_login import login_of
from activities.polling import SHARE_OF_EXPECTED, next_look
from domain.errors import InvalidSpec, NotReady, PermanentError
from domain.messages import Difference, StepCall, StepOutcome, TenantContext
from domain.naming import database_name
from domain.sizing import DatabaseSize
from domain.specs import DatabaseSpec
from store.inventory import InventoryRow

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_rds import RDSClient

PORT = 5432
GROWN_AT = "storage_grown_at"
"""Attribute of the inventory row: when we last made it grow."""
CHANGING = 0.5
"""Of the time that making one usually takes: how long a change or a deletion does."""


class Databases(Kind):
    ref_kind = "rds:db-instance"

    @activity.defn(name="database.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        size = _size(call)
        with aws_errors() as hidden:
            instance = self._create_or_change(call, size, hidden)
        if instance.failed:
            raise PermanentError(f"database {instance.name} is {instance.status}")
        return self._outcome(call, instance, size)

    @activity.defn(name="database.await_ready")
    def await_ready(self, call: StepCall) -> StepOutcome:
        name = name_of(call.tenant, call.step)
        size = call.desired.sizes.database if call.desired else None
        with aws_errors():
            instance = describe(self._client(call.tenant), name)
        if instance is None:
            raise PermanentError(f"database {name} vanished while it was waited for")
        if instance.failed:
            raise PermanentError(f"database {name} is {instance.status}")
        if waiting_for := instance.waiting_for(size):
            spacing = self._spacing(creating=instance.status == "creating")
            raise NotReady(waiting_for, retry_after=spacing)
        return self._outcome(call, instance, size)

    @activity.defn(name="database.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        client = self._client(call.tenant)
        left: list[str] = []
        for row in self.ground.to_remove(call):
            with aws_errors():
                left += remove_instance(client, call, row, self._spacing)
        return StepOutcome(kept=left)

    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        client = self._client(tenant)
        with aws_errors():
            instance = describe(client, row.ref.name)
            if instance is None:
                proof = "rds:DescribeDBInstances answered DBInstanceNotFound"
                return Finding(
                    Holder.NOBODY, "; ".join([proof, *snapshots_left(client, tenant, row.ref.name)])
                )
        proof = f"rds:DescribeDBInstances answered {instance.identity or instance.arn}"
        return Finding(holder_of(instance.tags, tenant), proof, instance.identity)

    def observe(self, call: StepCall) -> list[Difference]:
        name = name_of(call.tenant, call.step)
        found = Comparison(call, self.ref_kind, name)
        with aws_errors():
            instance = describe(self._client(call.tenant), name)
        if instance is None:
            return found.missing("with the tenant's data: look for a snapshot before it is made again, empty")
        if found.ours(instance.tags):
            compare(instance, _size(call), self._properties(call), found)
        return found.differences

    def remarks(self, call: StepCall) -> list[str]:
        """What RDS allows of a change, or keeps, in words; nothing is changed."""
        if call.desired is None:
            return ["a final snapshot is kept by plan"] if call.final_snapshot else []
        with aws_errors():
            instance = describe(self._client(call.tenant), name_of(call.tenant, call.step))
        if instance is None:
            return []
        now = self.ground.inventory.clock.now()
        return remarks(instance, _size(call), self._grown_at(call), now)

    def _create_or_change(self, call: StepCall, size: DatabaseSize, hidden: list[str]) -> Instance:
        client = self._client(call.tenant)
        name = name_of(call.tenant, call.step)
        made = made_before(self.ground, call, self.ref_kind, name)
        found = describe(client, name)
        if found is None:
            may_make(self.ground, call, made)
            return _looked_at_again(client, self._create(client, call, size, hidden))
        require_ours(found.tags, call.tenant, f"database {name}")
        if found.status == "stopped":  # by hand, and RDS takes no change until it runs again
            client.start_db_instance(DBInstanceIdentifier=name)
            found = _looked_at_again(client, found)
        if tags := lacking(tags_of(call), found.tags):
            client.add_tags_to_resource(ResourceName=found.arn, Tags=listed(tags))  # type: ignore[arg-type]  # plain dicts
        return self._change(client, call, found, size)

    def _create(self, client: "RDSClient", call: StepCall, size: DatabaseSize, hidden: list[str]) -> Instance:
        spec = self.ground.spec(call, DatabaseSpec)
        tenant = call.tenant
        cell = self.ground.cell(tenant)
        password = read_password(
            self.ground.clients.secretsmanager(cell.region), name_of(tenant, spec.password)
        )
        hidden.append(password)
        answer = client.create_db_instance(
            DBInstanceIdentifier=name_of(tenant, call.step),
            Engine="postgres",
            EngineVersion=spec.engine_version,
            DBInstanceClass=size.instance_class,
            AllocatedStorage=size.storage_gib,
            StorageType="gp3",
            StorageEncrypted=True,
            DBName=database_name(tenant.id),
            Port=PORT,
            MasterUsername=database_name(tenant.id),
            MasterUserPassword=password,
            DBSubnetGroupName=cell.database.subnet_group,
            Tags=listed(tags_of(call)),  # type: ignore[arg-type]  # plain dicts
            **as_sent(self._properties(call)),
        )
        return instance_of(answer["DBInstance"])

    def _change(self, client: "RDSClient", call: StepCall, found: Instance, size: DatabaseSize) -> Instance:
        properties = self._properties(call)
        changed = change(client, found, size, properties, self._spacing, lambda: self._grown_at(call))
        if changed is None:
            return found
        if changed.grown_at:
            self._record(call, found, {}, {GROWN_AT: changed.grown_at})
        return _looked_at_again(client, changed.instance)

    def _outcome(self, call: StepCall, instance: Instance, size: DatabaseSize | None) -> StepOutcome:
        waiting_for = instance.waiting_for(size)
        outputs = {"name": database_name(call.tenant.id)}
        if instance.host:
            outputs |= {"host": instance.host, "port": str(instance.port)}
        named = self._record(call, instance, outputs)
        if not waiting_for:
            self._let_tenant_in(call, instance)
        left = kept(instance, size) if size else []
        return StepOutcome(ready=not waiting_for, waiting_for=waiting_for, outputs=named, kept=left)

    def _let_tenant_in(self, call: StepCall, instance: Instance) -> None:
        with aws_errors():
            if login := login_of(self.ground, call, instance):
                login.keep_open()

    def _record(
        self,
        call: StepCall,
        instance: Instance,
        outputs: Mapping[str, str],
        attributes: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        return self.ground.made(
            call,
            self.ref_kind,
            instance.name,
            provider_id=instance.arn,
            outputs=outputs,
            identity=instance.identity,
            attributes=attributes,
        )

    def _grown_at(self, call: StepCall) -> str:
        rows = self.ground.rows(call)
        return next((row.attributes[GROWN_AT] for row in rows if GROWN_AT in row.attributes), "")

    def _properties(self, call: StepCall) -> Properties:
        return wanted(call, self.ground.spec(call, DatabaseSpec), self.ground.cell(call.tenant))

    def _spacing(self, *, creating: bool = False) -> timedelta:
        """What stands already is waited for half as long, and then looked at as often as a new one."""
        part = 1.0 if creating else CHANGING
        return next_look(self.ground.settings.expected_database_seconds * part, SHARE_OF_EXPECTED / part)

    def _client(self, tenant: TenantContext) -> "RDSClient":
        return self.ground.clients.rds(self.ground.cell(tenant).region)


def _size(call: StepCall) -> DatabaseSize:
    size = desired_of(call).sizes.database
    if size is None:
        raise InvalidSpec(f"step '{call.step}' makes a database, and the plan gives no size for one")
    return size


def _looked_at_again(client: "RDSClient", instance: Instance) -> Instance:
    """The answer to a change never says `available`; asked once more at once, a quick one needs no poll."""
    return describe(client, instance.name) or instance
