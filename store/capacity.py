"""What the tenants of a cell request of its cluster, as sign-ups count it."""

from collections.abc import Collection

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, select

from domain.phases import GONE
from domain.placement import Requests
from store.tables import CellRow

# What an open operation brings its tenant to counts already: a sign-up has no last good sizes yet.
_REQUESTS = text(
    """
SELECT tenant.cell,
       sum((component.size->>'replicas')::int * (component.size->>'cpu_millis')::int),
       sum((component.size->>'replicas')::int * (component.size->>'memory_mib')::int)
  FROM tenant
  LEFT JOIN operation ON operation.id = tenant.held_by
 CROSS JOIN LATERAL jsonb_each(
       coalesce(operation.plan->'after'->'sizes', tenant.sizes)->'components') AS component (name, size)
 WHERE tenant.cell IN :cells AND tenant.phase NOT IN :gone
   AND tenant.id IS DISTINCT FROM CAST(:without AS text)
 GROUP BY tenant.cell"""
).bindparams(bindparam("cells", expanding=True), bindparam("gone", expanding=True))


def requests_per_cell(session: Session, cells: Collection[str]) -> dict[str, Requests]:
    """Of all tenants that are not gone, those that are stopped included: they may come back at any time.

    Until the end of the transaction no other sign-up counts these cells: two at once would both take what
    is left.
    """
    rows = select(CellRow.name).where(col(CellRow.name).in_(cells)).order_by(CellRow.name)
    session.exec(rows.with_for_update(key_share=True)).all()
    return counted_per_cell(session, cells)


def counted_per_cell(
    session: Session, cells: Collection[str], without: str | None = None
) -> dict[str, Requests]:
    """The same at this moment, and for nobody to rely on; `without` a tenant."""
    found = session.execute(_REQUESTS, {"cells": sorted(cells), "gone": sorted(GONE), "without": without})
    return {cell: Requests(cpu_millis=cpu, memory_mib=memory) for cell, cpu, memory in found}
