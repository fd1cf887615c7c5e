"""Statements of one ingestion, in the order in which they run.

Every one takes its rows in the order of their keys, and every ingestion runs them in this order: two that
want the same rows wait for each other and never in a circle.
"""

# Belongs to the connection and is emptied by each commit: no other sees it, and it is in no log.
STAGING = """
CREATE TEMPORARY TABLE IF NOT EXISTS usage_staging (
    meter text COLLATE "C", grp text COLLATE "C", at timestamptz NOT NULL, value numeric,
    source text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, key text COLLATE "C",
    name uuid NOT NULL, content uuid NOT NULL, holds_state boolean NOT NULL
) ON COMMIT DELETE ROWS"""

COPY = "COPY usage_staging (meter, grp, at, value, source, id, key, name, content, holds_state) FROM STDIN"

# Whoever comes second waits here until the first has committed or given up.
IDENTITIES = """
INSERT INTO usage_identity AS old (name, content, received_at, ingestion)
SELECT DISTINCT ON (name) name, content, %(now)s::timestamptz, %(ingestion)s::bigint
  FROM usage_staging ORDER BY name
ON CONFLICT (name) DO UPDATE
   SET content = excluded.content, received_at = excluded.received_at, ingestion = excluded.ingestion
 WHERE old.received_at <= %(forgotten)s"""

# What is left in the staging table is new.
KNOWN = """
DELETE FROM usage_staging staged USING usage_identity known
 WHERE known.name = staged.name AND known.ingestion <> %(ingestion)s
RETURNING staged.source, staged.id, known.content"""

EVENTS = """
INSERT INTO usage_event (tenant_id, meter, at, received_at, ingestion, value, source, id, grp, key)
SELECT %(tenant_id)s::text, meter, at, %(now)s::timestamptz, %(ingestion)s::bigint, value, source, id, grp,
       key
  FROM usage_staging WHERE meter IS NOT NULL"""

HOURS = """
INSERT INTO usage_hour AS old (tenant_id, meter, hour, grp, count, sum, max, ingestion)
SELECT %(tenant_id)s::text, meter, date_trunc('hour', at, 'UTC'), grp, count(*), sum(value), max(value),
       %(ingestion)s::bigint
  FROM usage_staging WHERE meter IS NOT NULL GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
ON CONFLICT (tenant_id, meter, hour, grp) DO UPDATE
   SET count = old.count + excluded.count, sum = old.sum + excluded.sum,
       max = greatest(old.max, excluded.max), ingestion = greatest(old.ingestion, excluded.ingestion)"""

KEYS = """
INSERT INTO usage_key AS old (tenant_id, meter, month, grp, key, hours)
SELECT %(tenant_id)s::text, meter, month::date, grp, key,
       bit_or(set_bit(repeat('0', 744)::bit(744), (extract(epoch FROM hour - month) / 3600)::int, 1))
  FROM (SELECT DISTINCT meter, grp, key, date_trunc('hour', at, 'UTC') AS hour,
               date_trunc('month', at, 'UTC') AS month
          FROM usage_staging WHERE key IS NOT NULL) AS seen
 GROUP BY 2, 3, 4, 5 ORDER BY 2, 3, 4, 5
ON CONFLICT (tenant_id, meter, month, grp, key) DO UPDATE SET hours = old.hours | excluded.hours
 WHERE old.hours | excluded.hours <> old.hours"""

# A late event changes how long the one before it held, so the hour is read again. HOURS has locked it: all
# who stored an event of it have committed, and are seen, or wait, and will see this one. It is an INSERT that
# always meets its row, and its events are read hour by hour: PostgreSQL knows nothing of what is in a staging
# table, and would rather read a tenant's whole month than trust an index.
STATES = """
INSERT INTO usage_hour AS old (tenant_id, meter, hour, grp, count, sum, max, ingestion,
                               first_at, last_value, integral)
SELECT %(tenant_id)s::text, touched.meter, touched.hour, touched.grp, 1, 0, 0, 0,
       states.first_at, states.last_value, states.integral
  FROM (SELECT DISTINCT meter, date_trunc('hour', at, 'UTC') AS hour, grp
          FROM usage_staging WHERE holds_state) AS touched
 CROSS JOIN LATERAL (
       SELECT min(at) AS first_at, max(value) FILTER (WHERE next_at IS NULL) AS last_value,
              sum(value * extract(epoch FROM coalesce(next_at, touched.hour + interval '1 hour') - at))
              AS integral
         FROM (SELECT at, value, lead(at) OVER (ORDER BY at, source, id) AS next_at
                 FROM usage_event AS event
                WHERE event.tenant_id = %(tenant_id)s AND event.meter = touched.meter
                  AND event.grp = touched.grp
                  AND event.at >= touched.hour AND event.at < touched.hour + interval '1 hour'
              ) AS steps) AS states
 ORDER BY 2, 3, 4
ON CONFLICT (tenant_id, meter, hour, grp) DO UPDATE
   SET first_at = excluded.first_at, last_value = excluded.last_value, integral = excluded.integral"""
