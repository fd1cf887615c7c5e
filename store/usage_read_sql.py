"""Statements that read usage, each for many tenants and meters at once.

A question `n` comes with spans of whole hours, answered from sums, and single spans, answered from events; no
instant is in both. `known` is the cut-off: what was stored after it does not count.
"""
# ruff: noqa: S608 - statements are put together from what stands in this file

from sqlalchemy import TextClause, text

_WHOLE = """whole AS (
    SELECT * FROM unnest(
           CAST(:whole_n AS int[]), CAST(:whole_tenant AS text[]), CAST(:whole_meter AS text[]),
           CAST(:whole_grp AS text[]), CAST(:whole_begin AS timestamptz[]),
           CAST(:whole_until AS timestamptz[])
    ) AS whole (n, tenant_id, meter, grp, begin, until))"""
_SINGLE = _WHOLE.replace("whole", "single")
# OFFSET 0 makes each span a look of its own into the index. PostgreSQL does not know what is in the arrays,
# and would sooner or later join them with all events of a month.
_HOURS = """whole CROSS JOIN LATERAL (
       SELECT * FROM usage_hour AS one
        WHERE one.tenant_id = whole.tenant_id AND one.meter = whole.meter
          AND one.hour >= whole.begin AND one.hour < whole.until
          AND (whole.grp IS NULL OR one.grp = whole.grp) OFFSET 0) AS hours"""
_EVENTS = """single CROSS JOIN LATERAL (
       SELECT * FROM usage_event AS one
        WHERE one.tenant_id = single.tenant_id AND one.meter = single.meter
          AND one.at >= single.begin AND one.at < single.until AND one.ingestion <= :known
          AND (single.grp IS NULL OR one.grp = single.grp) OFFSET 0) AS event"""

UNSURE: TextClause = text(
    f"""
WITH {_WHOLE}
SELECT DISTINCT n, hours.hour FROM {_HOURS} WHERE hours.ingestion > :known"""
)
"""Hours of which the sums hold more than the cut-off lets through."""

ADDED_UP: TextClause = text(
    f"""
WITH {_WHOLE}, {_SINGLE}
SELECT n, sum(count) AS count, sum(sum) AS sum, max(max) AS max
  FROM (SELECT n, sum(count) AS count, sum(sum) AS sum, max(max) AS max FROM {_HOURS} GROUP BY n
         UNION ALL
        SELECT n, count(*), sum(value), max(value) FROM {_EVENTS} GROUP BY n) AS parts
 GROUP BY n"""
)

LAST: TextClause = text(
    f"""
WITH {_WHOLE}, {_SINGLE}
SELECT n, sum(value)
  FROM (SELECT DISTINCT ON (n, grp) n, grp, value
          FROM (SELECT n, hours.grp, hours.hour AS at, '' AS source, '' AS id, last_value AS value
                  FROM {_HOURS} WHERE last_value IS NOT NULL
                 UNION ALL
                SELECT n, event.grp, event.at, event.source, event.id, event.value FROM {_EVENTS}) AS states
         ORDER BY n, grp, at DESC, source COLLATE "C" DESC, id COLLATE "C" DESC) AS last_states
 GROUP BY n"""
)

UNIQUE: TextClause = text(
    f"""
WITH month AS (
    SELECT * FROM unnest(
           CAST(:month_n AS int[]), CAST(:month_tenant AS text[]), CAST(:month_meter AS text[]),
           CAST(:month_grp AS text[]), CAST(:month_begin AS date[]), CAST(:month_mask AS bit(744)[])
    ) AS month (n, tenant_id, meter, grp, month, mask)
), {_SINGLE}
SELECT n, count(DISTINCT key COLLATE "C")
  FROM (SELECT n, seen.key
          FROM month CROSS JOIN LATERAL (
               SELECT key FROM usage_key AS one
                WHERE one.tenant_id = month.tenant_id AND one.meter = month.meter AND one.month = month.month
                  AND (month.grp IS NULL OR one.grp = month.grp)
                  AND one.hours & month.mask <> repeat('0', 744)::bit(744) OFFSET 0) AS seen
         UNION ALL
        SELECT n, event.key FROM {_EVENTS}) AS keys
 GROUP BY n"""
)

# A state's steps: what it was when the span began, then each hour as one step that knows its own integral,
# and each single event as one that takes no time. Between two steps the first one's last value holds.
WEIGHTED: TextClause = text(
    f"""
WITH RECURSIVE span AS (
    SELECT *, date_trunc('hour', begin, 'UTC') AS begin_hour FROM unnest(
           CAST(:span_n AS int[]), CAST(:span_tenant AS text[]), CAST(:span_meter AS text[]),
           CAST(:span_grp AS text[]), CAST(:span_begin AS timestamptz[]), CAST(:span_until AS timestamptz[])
    ) AS span (n, tenant_id, meter, grp, begin, until)
), {_WHOLE}, {_SINGLE}, groups AS (
    SELECT meters.*, (SELECT min(hours.grp) FROM usage_hour AS hours
                       WHERE hours.tenant_id = meters.tenant_id AND hours.meter = meters.meter
                         AND hours.last_value IS NOT NULL) AS grp
      FROM (SELECT DISTINCT tenant_id, meter FROM span) AS meters
     UNION ALL
    SELECT tenant_id, meter, (SELECT min(hours.grp) FROM usage_hour AS hours
                               WHERE hours.tenant_id = groups.tenant_id AND hours.meter = groups.meter
                                 AND hours.grp > groups.grp AND hours.last_value IS NOT NULL)
      FROM groups WHERE grp IS NOT NULL
), steps AS (
    SELECT n, groups.grp, begin AS first_at, begin AS until, 0 AS integral, 0 AS rank, '' AS source, '' AS id,
           coalesce(lately.value, unsure.value, before.last_value) AS value
      FROM span
      JOIN groups ON groups.tenant_id = span.tenant_id AND groups.meter = span.meter
                 AND (span.grp IS NULL OR groups.grp = span.grp)
      LEFT JOIN LATERAL (
           SELECT event.value FROM usage_event AS event
            WHERE event.tenant_id = span.tenant_id AND event.meter = span.meter AND event.grp = groups.grp
              AND event.at >= begin_hour AND event.at < begin AND event.ingestion <= :known
            ORDER BY event.at DESC, event.source DESC, event.id DESC LIMIT 1) AS lately ON true
      LEFT JOIN LATERAL (
           SELECT hours.hour, hours.last_value FROM usage_hour AS hours
            WHERE hours.tenant_id = span.tenant_id AND hours.meter = span.meter AND hours.grp = groups.grp
              AND hours.hour < begin_hour AND hours.last_value IS NOT NULL AND hours.ingestion <= :known
            ORDER BY hours.hour DESC LIMIT 1) AS before ON true
      LEFT JOIN LATERAL (
           SELECT event.value
             FROM (SELECT one.hour FROM usage_hour AS one
                    WHERE one.tenant_id = span.tenant_id AND one.meter = span.meter AND one.grp = groups.grp
                      AND one.hour > coalesce(before.hour, '-infinity') AND one.hour < begin_hour
                      AND one.last_value IS NOT NULL AND one.ingestion > :known OFFSET 0) AS hours
            CROSS JOIN LATERAL (
                  SELECT one.value FROM usage_event AS one
                   WHERE one.tenant_id = span.tenant_id AND one.meter = span.meter AND one.grp = groups.grp
                     AND one.at >= hours.hour AND one.at < hours.hour + interval '1 hour'
                     AND one.ingestion <= :known
                   ORDER BY one.at DESC, one.source DESC, one.id DESC LIMIT 1) AS event
            ORDER BY hours.hour DESC LIMIT 1) AS unsure ON true
     UNION ALL
    SELECT n, hours.grp, first_at, hours.hour + interval '1 hour', integral, 1, '', '', last_value
      FROM {_HOURS} WHERE last_value IS NOT NULL
     UNION ALL
    SELECT n, event.grp, event.at, event.at, 0, 1, event.source, event.id, event.value FROM {_EVENTS}
)
SELECT n, sum(integral + coalesce(value, 0) * extract(epoch FROM next_at - until))
  FROM (SELECT n, integral, value, steps.until,
               lead(first_at, 1, span.until) OVER (
                   PARTITION BY n, steps.grp
                   ORDER BY first_at, rank, source COLLATE "C", id COLLATE "C") AS next_at
          FROM steps JOIN span USING (n)) AS held
 GROUP BY n"""
)

EVENTS: TextClause = text(
    """
SELECT id, source, meter, at, received_at, value, coalesce(key, '') AS key, grp
  FROM usage_event
 WHERE tenant_id = :tenant_id AND meter = :meter AND at >= :begin AND at < :until AND ingestion <= :known
 ORDER BY at, source, id"""
)

# A state holds until it is set anew, so that its group is there however long ago that was. Group by group and
# not hour by hour: there are few of the former.
GROUPS: TextClause = text(
    """
WITH RECURSIVE state AS (
    SELECT min(grp) AS grp FROM usage_hour
     WHERE tenant_id = :tenant_id AND meter = :meter AND last_value IS NOT NULL AND :held
     UNION ALL
    SELECT (SELECT min(one.grp) FROM usage_hour AS one
             WHERE one.tenant_id = :tenant_id AND one.meter = :meter AND one.last_value IS NOT NULL
               AND one.grp > state.grp)
      FROM state WHERE grp IS NOT NULL
)
SELECT grp FROM state
 WHERE EXISTS (SELECT FROM usage_hour AS one
                WHERE one.tenant_id = :tenant_id AND one.meter = :meter AND one.grp = state.grp
                  AND one.last_value IS NOT NULL AND one.hour < :until)
 UNION
SELECT grp FROM usage_hour
 WHERE tenant_id = :tenant_id AND meter = :meter AND hour >= :begin AND hour < :until
 ORDER BY grp"""
)
