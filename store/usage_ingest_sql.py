"""Statements of one ingestion, in the order in which they run.

Every one takes its rows in the order of their keys, and every ingestion runs them in this order: two that
want the same rows wait for each other and never in a circle.
"""
# ruff: noqa: S608 - statements are put together from what stands in this file

# Belongs to the connection and is emptied by each commit: no other sees it, and it is in no log.
STAGING = """
CREATE TEMPORARY TABLE IF NOT EXISTS usage_staging (
    stream bigint, at timestamptz NOT NULL, value numeric, source text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL, key text COLLATE "C", name uuid NOT NULL, content uuid NOT NULL,
    holds_state boolean NOT NULL
) ON COMMIT DELETE ROWS"""

COPY = "COPY usage_staging (stream, at, value, source, id, key, name, content, holds_state) FROM STDIN"

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
INSERT INTO usage_event (stream, at, received_at, ingestion, value, source, id, key)
SELECT stream, at, %(now)s::timestamptz, %(ingestion)s::bigint, value, source, id, key
  FROM usage_staging WHERE stream IS NOT NULL"""


def _summed_up(unit: str) -> str:
    return f"""
INSERT INTO usage_{unit} AS old (stream, {unit}, count, sum, max, ingestion)
SELECT stream, date_trunc('{unit}', at, 'UTC'), count(*), sum(value), max(value), %(ingestion)s::bigint
  FROM usage_staging WHERE stream IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (stream, {unit}) DO UPDATE
   SET count = old.count + excluded.count, sum = old.sum + excluded.sum,
       max = greatest(old.max, excluded.max), ingestion = greatest(old.ingestion, excluded.ingestion)"""


HOURS, DAYS = _summed_up("hour"), _summed_up("day")

KEYS = """
INSERT INTO usage_key AS old (stream, month, key, ingestion, hours)
SELECT stream, date_trunc('month', utc)::date, key, %(ingestion)s::bigint,
       bit_or(set_bit(repeat('0', 744)::bit(744),
                      ((date_part('day', utc) - 1) * 24 + date_part('hour', utc))::int, 1))
  FROM (SELECT stream, key, at AT TIME ZONE 'UTC' AS utc FROM usage_staging WHERE key IS NOT NULL) AS seen
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (stream, month, key) DO UPDATE
   SET hours = old.hours | excluded.hours, ingestion = greatest(old.ingestion, excluded.ingestion)
 WHERE old.hours | excluded.hours <> old.hours"""

# A late event changes how long the one before it held, so the hour is read again. HOURS has locked it: all
# who stored an event of it have committed, and are seen, or wait, and will see this one. It is an INSERT that
# always meets its row, and its events are read hour by hour: PostgreSQL knows nothing of what is in a staging
# table, and would rather read a stream's whole month than trust an index.
HOUR_STATES = """
INSERT INTO usage_hour AS old (stream, hour, count, sum, max, ingestion, first_at, last_value, integral)
SELECT touched.stream, touched.hour, 1, 0, 0, 0, states.first_at, states.last_value, states.integral
  FROM (SELECT DISTINCT stream, date_trunc('hour', at, 'UTC') AS hour
          FROM usage_staging WHERE holds_state) AS touched
 CROSS JOIN LATERAL (
       SELECT min(at) AS first_at, max(value) FILTER (WHERE next_at IS NULL) AS last_value,
              sum(value * extract(epoch FROM coalesce(next_at, touched.hour + interval '1 hour') - at))
              AS integral
         FROM (SELECT at, value, lead(at) OVER (ORDER BY at, source, id) AS next_at
                 FROM usage_event AS event
                WHERE event.stream = touched.stream
                  AND event.at >= touched.hour AND event.at < touched.hour + interval '1 hour'
              ) AS steps) AS states
 ORDER BY 1, 2
ON CONFLICT (stream, hour) DO UPDATE
   SET first_at = excluded.first_at, last_value = excluded.last_value, integral = excluded.integral"""

# A day's state is put together from its hours, which hold it from their first event to their end.
DAY_STATES = """
INSERT INTO usage_day AS old (stream, day, count, sum, max, ingestion, first_at, last_value, integral)
SELECT touched.stream, touched.day, 1, 0, 0, 0, states.first_at, states.last_value, states.integral
  FROM (SELECT DISTINCT stream, date_trunc('day', at, 'UTC') AS day
          FROM usage_staging WHERE holds_state) AS touched
 CROSS JOIN LATERAL (
       SELECT min(first_at) AS first_at, max(last_value) FILTER (WHERE next_at IS NULL) AS last_value,
              sum(integral + last_value * extract(epoch FROM
                  coalesce(next_at, touched.day + interval '1 day') - hour - interval '1 hour')) AS integral
         FROM (SELECT hour, first_at, last_value, integral, lead(first_at) OVER (ORDER BY hour) AS next_at
                 FROM usage_hour AS hours
                WHERE hours.stream = touched.stream AND hours.last_value IS NOT NULL
                  AND hours.hour >= touched.day AND hours.hour < touched.day + interval '1 day'
              ) AS steps) AS states
 ORDER BY 1, 2
ON CONFLICT (stream, day) DO UPDATE
   SET first_at = excluded.first_at, last_value = excluded.last_value, integral = excluded.integral"""
