"""The inventory as AWS and Kubernetes activities use it: what was made, what is gone, and by whose word."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, TextClause
from sqlmodel import Session, col, select

from domain.blueprint import StepKind
from domain.messages import ResourceRef, StepCall
from runtime.clock import Clock
from store.engine import database_errors
from store.holds import stale
from store.inventory_sql import GONE, INTENDED, MADE, REMOVING
from store.tables import ResourceRow, ResourceState

STEP_KINDS: Mapping[str, StepKind] = {
    "s3:bucket": StepKind.BUCKET,
    "secretsmanager:secret": StepKind.SECRET,
    "rds:db-parameter-group": StepKind.DATABASE_PARAMETERS,
    "rds:db-instance": StepKind.DATABASE,
    "iam:role": StepKind.ROLE,
    "eks:pod-identity-association": StepKind.POD_IDENTITY,
    "route53:record": StepKind.DNS,
}


@dataclass(frozen=True)
class InventoryRow:
    ref: ResourceRef
    provider: str
    state: ResourceState
    provider_id: str
    attributes: dict[str, str]
    made_at: datetime | None
    removing_since: datetime | None
    gone_at: datetime | None


@dataclass(frozen=True)
class Made:
    """One thing that exists now."""

    kind: str
    name: str
    namespace: str = ""
    provider_id: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Gone:
    """One thing that the provider was asked for and does not have."""

    kind: str
    name: str
    proof: str
    namespace: str = ""


class Inventory:
    """Every write is refused with StaleRun unless the operation still holds the tenant."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        # Reads and writes are single statements and need no transaction around them: two round trips fewer.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.engine = engine
        self.clock = clock

    def rows(
        self, tenant_id: str, step: str | None = None, provider: str | None = None
    ) -> list[InventoryRow]:
        """What is recorded of a tenant, gone things included, in a stable order."""
        query = select(ResourceRow).where(ResourceRow.tenant_id == tenant_id)
        if step is not None:
            query = query.where(ResourceRow.step == step)
        if provider is not None:
            query = query.where(ResourceRow.provider == provider)
        query = query.order_by(col(ResourceRow.kind), col(ResourceRow.namespace), col(ResourceRow.name))
        with database_errors(), Session(self._single) as session:
            return [_row(row) for row in session.exec(query)]

    def to_verify(self, tenant_id: str, provider: str) -> list[InventoryRow]:
        """What a certificate has to prove gone: of what was skipped it says that it is not proven."""
        return [row for row in self.rows(tenant_id, provider=provider) if row.state != ResourceState.SKIPPED]

    def made(
        self,
        call: StepCall,
        ref_kind: str,
        name: str,
        *,
        namespace: str = "",
        provider_id: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Record that a thing exists; again is no change. Raises StaleRun."""
        self.made_all(call, [Made(ref_kind, name, namespace, provider_id, attributes or {})])

    def made_all(self, call: StepCall, things: Sequence[Made]) -> None:
        """Record a group of things at once."""
        self._write(
            MADE, call.tenant.id, call.operation_id, [_made_record(thing) for thing in things], step=call.step
        )

    def removing(self, call: StepCall, refs: Sequence[ResourceRef]) -> None:
        """Record that things that exist are about to be deleted; again is no change. Raises StaleRun."""
        things = [ref.model_dump(mode="json") for ref in refs]
        self._write(REMOVING, call.tenant.id, call.operation_id, things)

    def gone(
        self,
        tenant_id: str,
        operation_id: str,
        ref_kind: str,
        name: str,
        *,
        namespace: str = "",
        proof: str,
    ) -> None:
        """Record that a thing does not exist and how that is known; again is no change. Raises StaleRun."""
        self.gone_all(tenant_id, operation_id, [Gone(ref_kind, name, proof, namespace)])

    def gone_all(self, tenant_id: str, operation_id: str, things: Sequence[Gone]) -> None:
        """Record a group of absences at once."""
        self._write(GONE, tenant_id, operation_id, [vars(thing) for thing in things])

    def _write(
        self, statement: TextClause, tenant_id: str, operation_id: str, things: Sequence[Any], **values: str
    ) -> None:
        if not things:
            return
        values |= {"tenant_id": tenant_id, "operation_id": operation_id, "things": json.dumps(things)}
        with database_errors(), self._single.connect() as connection:
            held = connection.execute(statement, values | {"now": self.clock.now()}).scalar_one()
        if not held:
            raise stale(tenant_id, operation_id)


def intend(
    session: Session, tenant_id: str, operation_id: str, refs: Sequence[ResourceRef], now: datetime
) -> None:
    """Record what is about to be made, before it is made. What exists stays; what is gone is wanted again."""
    if refs:
        things = [ref.model_dump(mode="json") | {"provider": ref.step_kind.provider} for ref in refs]
        values = {"tenant_id": tenant_id, "operation_id": operation_id, "things": json.dumps(things)}
        session.connection().execute(INTENDED, values | {"now": now})


def _made_record(thing: Made) -> dict[str, Any]:
    step_kind = StepKind.KUBERNETES if "/" in thing.kind else STEP_KINDS[thing.kind]
    return {
        **vars(thing),
        "attributes": dict(thing.attributes),
        "step_kind": step_kind,
        "provider": step_kind.provider,
    }


def _row(row: ResourceRow) -> InventoryRow:
    return InventoryRow(
        ref=ResourceRef(
            step=row.step, step_kind=row.step_kind, kind=row.kind, name=row.name, namespace=row.namespace
        ),
        provider=row.provider,
        state=row.state,
        provider_id=row.provider_id,
        attributes=row.attributes,
        made_at=row.made_at,
        removing_since=row.removing_since,
        gone_at=row.gone_at,
    )
