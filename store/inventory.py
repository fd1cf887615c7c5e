"""The inventory as AWS and Kubernetes activities use it: what was made, what is gone, and by whose word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, case
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select, update

from domain.blueprint import StepKind
from domain.messages import ResourceRef, StepCall
from runtime.clock import Clock
from store.engine import database_errors, transaction
from store.holds import share_hold
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
IDENTITY = ["tenant_id", "kind", "namespace", "name"]


@dataclass(frozen=True)
class InventoryRow:
    ref: ResourceRef
    provider: str
    state: ResourceState
    provider_id: str
    attributes: dict[str, str]
    made_at: datetime | None
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
        self._engine = engine
        # One statement needs no transaction around it: two round trips fewer.
        self._reads = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = clock

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
        with database_errors(), Session(self._reads) as session:
            return [_row(row) for row in session.exec(query)]

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
        """Record a group of things in one transaction."""
        if not things:
            return
        now = self._clock.now()
        with transaction(self._engine) as session:
            share_hold(session, call.tenant.id, call.operation_id)
            session.execute(_upsert_made([_made_values(call, thing, now) for thing in things]))

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
        """Record a group of absences in one transaction."""
        now = self._clock.now()
        with transaction(self._engine) as session:
            share_hold(session, tenant_id, operation_id)
            for thing in things:
                session.execute(
                    update(ResourceRow)
                    .where(
                        col(ResourceRow.tenant_id) == tenant_id,
                        col(ResourceRow.kind) == thing.kind,
                        col(ResourceRow.namespace) == thing.namespace,
                        col(ResourceRow.name) == thing.name,
                        col(ResourceRow.state) != ResourceState.GONE,
                    )
                    .values(
                        state=ResourceState.GONE, gone_at=now, proof=thing.proof, operation_id=operation_id
                    )
                )


def intend(
    session: Session, tenant_id: str, operation_id: str, refs: Sequence[ResourceRef], now: datetime
) -> None:
    """Record what is about to be made, before it is made. What exists stays; what is gone is wanted again."""
    if not refs:
        return
    fresh = [
        {
            **ref.model_dump(),
            "tenant_id": tenant_id,
            "provider": ref.step_kind.provider,
            "state": ResourceState.INTENDED,
            "provider_id": "",
            "attributes": {},
            "intended_at": now,
            "made_at": None,
            "gone_at": None,
            "proof": None,
            "operation_id": operation_id,
        }
        for ref in refs
    ]
    statement = insert(ResourceRow).values(fresh)
    renewed = {name: statement.excluded[name] for name in fresh[0] if name not in IDENTITY}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=IDENTITY, set_=renewed, where=col(ResourceRow.state) == ResourceState.GONE
        )
    )


def _made_values(call: StepCall, thing: Made, now: datetime) -> dict[str, Any]:
    step_kind = StepKind.KUBERNETES if "/" in thing.kind else STEP_KINDS[thing.kind]
    return {
        "tenant_id": call.tenant.id,
        "step": call.step,
        "step_kind": step_kind,
        "provider": step_kind.provider,
        "kind": thing.kind,
        "name": thing.name,
        "namespace": thing.namespace,
        "state": ResourceState.MADE,
        "provider_id": thing.provider_id,
        "attributes": dict(thing.attributes),
        "intended_at": now,
        "made_at": now,
        "gone_at": None,
        "proof": None,
        "operation_id": call.operation_id,
    }


def _upsert_made(values: list[dict[str, Any]]) -> Any:
    statement = insert(ResourceRow).values(values)
    new = statement.excluded
    still = col(ResourceRow.state) == ResourceState.MADE
    return statement.on_conflict_do_update(
        index_elements=IDENTITY,
        set_={
            "state": new.state,
            "provider_id": case(
                (and_(still, new.provider_id == ""), ResourceRow.provider_id), else_=new.provider_id
            ),
            "attributes": case(
                (still, col(ResourceRow.attributes).op("||")(new.attributes)), else_=new.attributes
            ),
            "made_at": case((still, ResourceRow.made_at), else_=new.made_at),
            "gone_at": None,
            "proof": None,
            "operation_id": new.operation_id,
        },
    )


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
        gone_at=row.gone_at,
    )
