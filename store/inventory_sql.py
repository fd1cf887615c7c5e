"""Writes to the inventory, each one statement: the fence and the change cannot come apart.

The things travel as one JSON parameter, so a statement is the same for one thing and for forty, and is
prepared once. `held` is empty unless the operation holds the tenant; its lock is shared, so that steps of one
run write side by side, while the start of another operation waits for them and they wait for it.
"""

from sqlalchemy import text

MADE = text(
    """
WITH held AS (
    SELECT id FROM tenant WHERE id = :tenant_id AND held_by = :operation_id FOR SHARE
), written AS (
    INSERT INTO resource AS old (
        tenant_id, step, step_kind, provider, kind, namespace, name, state, provider_id, attributes,
        intended_at, made_at, operation_id
    )
    SELECT held.id, :step, thing.step_kind, thing.provider, thing.kind, thing.namespace, thing.name, 'made',
           thing.provider_id, thing.attributes, :now, :now, :operation_id
      FROM held, jsonb_to_recordset(CAST(:things AS jsonb)) AS thing (
           step_kind text, provider text, kind text, namespace text, name text, provider_id text,
           attributes jsonb)
    ON CONFLICT (tenant_id, kind, namespace, name) DO UPDATE SET
        state = 'made',
        provider_id = CASE WHEN old.state = 'made' AND old.removing_since IS NULL
                            AND excluded.provider_id = ''
                           THEN old.provider_id ELSE excluded.provider_id END,
        attributes = CASE WHEN old.state = 'made' AND old.removing_since IS NULL
                          THEN old.attributes || excluded.attributes ELSE excluded.attributes END,
        made_at = CASE WHEN old.state = 'made' AND old.removing_since IS NULL
                       THEN old.made_at ELSE excluded.made_at END,
        removing_since = NULL, gone_at = NULL, proof = NULL, operation_id = excluded.operation_id
)
SELECT count(*) FROM held"""
)

GONE = text(
    """
WITH held AS (
    SELECT id FROM tenant WHERE id = :tenant_id AND held_by = :operation_id FOR SHARE
), written AS (
    UPDATE resource
       SET state = 'gone', gone_at = :now, proof = thing.proof, operation_id = :operation_id
      FROM held, jsonb_to_recordset(CAST(:things AS jsonb)) AS thing (
           kind text, namespace text, name text, proof text)
     WHERE resource.tenant_id = held.id AND resource.kind = thing.kind
       AND resource.namespace = thing.namespace AND resource.name = thing.name
       AND resource.state IN ('intended', 'made')
)
SELECT count(*) FROM held"""
)

REMOVING = text(
    """
WITH held AS (
    SELECT id FROM tenant WHERE id = :tenant_id AND held_by = :operation_id FOR SHARE
), written AS (
    UPDATE resource
       SET removing_since = :now, operation_id = :operation_id
      FROM held, jsonb_to_recordset(CAST(:things AS jsonb)) AS thing (kind text, namespace text, name text)
     WHERE resource.tenant_id = held.id AND resource.kind = thing.kind
       AND resource.namespace = thing.namespace AND resource.name = thing.name
       AND resource.state = 'made' AND resource.removing_since IS NULL
)
SELECT count(*) FROM held"""
)

# Part of the transaction that starts an operation, which has the tenant locked.
INTENDED = text(
    """
INSERT INTO resource (
    tenant_id, step, step_kind, provider, kind, namespace, name, state, provider_id, attributes,
    intended_at, operation_id
)
SELECT :tenant_id, thing.step, thing.step_kind, thing.provider, thing.kind, thing.namespace, thing.name,
       'intended', '', '{}', :now, :operation_id
  FROM jsonb_to_recordset(CAST(:things AS jsonb)) AS thing (
       step text, step_kind text, provider text, kind text, namespace text, name text)
ON CONFLICT (tenant_id, kind, namespace, name) DO UPDATE SET
    step = excluded.step, step_kind = excluded.step_kind, provider = excluded.provider, state = 'intended',
    provider_id = '', attributes = '{}', intended_at = excluded.intended_at, made_at = NULL,
    removing_since = NULL, gone_at = NULL, proof = NULL, operation_id = excluded.operation_id
    WHERE resource.state = 'gone'"""
)
