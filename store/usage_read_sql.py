"""Statements that read usage, each for many streams at once.

A question `n` comes with spans of streams: whole days and hours, answered from sums, and single spans,
answered from events; no instant is in two of them. `known` is the cut-off: what was stored after it does not
count. An answer is `unsure` if sums went into it that hold more than the cut-off lets through.
"""
# ruff: noqa: S608 - statements are put together from what stands in this file

from sqlalchemy import TextClause, text


def _spans(name: str) -> str:
    return f"""{name} AS (
    SELECT * FROM unnest(
           CAST(:{name}_n AS int[]), CAST(:{name}_stream AS bigint[]),
           CAST(:{name}_begin AS timestamptz[]), CAST(:{name}_until AS timestamptz[])
    ) AS {name} (n, stream, begin, until))"""


_WHOLE, _SINGLE = _spans("whole"), _spans("single")
# OFFSET 0 makes each span a look of its own into the index. PostgreSQL does not know what is in the arrays,
# and would sooner or later join them with all events of a month.
_HOURS = """whole CROSS JOIN LATERAL (
       SELECT * FROM usage_hour AS one
        WHERE one.stream = whole.stream AND one.hour >= whole.begin AND one.hour < whole.until
       OFFSET 0) AS hours"""


def _sums(unit: str) -> str:
    return f"""SELECT n, {unit} + interval '1 {unit}' AS ended_at, count, sum, max, first_at,
           last_value, integral, ingestion
      FROM {unit}s CROSS JOIN LATERAL (
           SELECT * FROM usage_{unit} AS one
            WHERE one.stream = {unit}s.stream AND one.{unit} >= {unit}s.begin AND one.{unit} < {unit}s.until
           OFFSET 0) AS sums"""


_SUMS = f"""{_spans("days")}, {_spans("hours")}, sums AS (
    {_sums("day")}
     UNION ALL
    {_sums("hour")})"""
_EVENTS = """single CROSS JOIN LATERAL (
       SELECT * FROM usage_event AS one
        WHERE one.stream = single.stream AND one.at >= single.begin AND one.at < single.until
          AND one.ingestion <= :known OFFSET 0) AS event"""

STREAMS: TextClause = text(
    """
SELECT stream.id, stream.tenant_id, stream.meter, stream.grp
  FROM unnest(CAST(:tenants AS text[]), CAST(:meters AS text[])) AS wanted (tenant_id, meter)
  JOIN usage_stream AS stream ON stream.tenant_id = wanted.tenant_id AND stream.meter = wanted.meter"""
)

UNSURE: TextClause = text(
    f"""
WITH {_WHOLE}
SELECT DISTINCT n, hours.hour FROM {_HOURS} WHERE hours.ingestion > :known"""
)
"""Hours of which the sums hold more than the cut-off lets through."""

ADDED_UP: TextClause = text(
    f"""
WITH {_SUMS}, {_SINGLE}
SELECT n, sum(count) AS count, sum(sum) AS sum, max(max) AS max, bool_or(unsure) AS unsure
  FROM (SELECT n, sum(count) AS count, sum(sum) AS sum, max(max) AS max, max(ingestion) > :known AS unsure
          FROM sums GROUP BY n
         UNION ALL
        SELECT n, count(*), sum(value), max(value), false FROM {_EVENTS} GROUP BY n) AS parts
 GROUP BY n"""
)

LAST: TextClause = text(
    f"""
WITH {_WHOLE}, {_SINGLE}
SELECT n, sum(value) AS last, bool_or(unsure) AS unsure
  FROM (SELECT DISTINCT ON (n, stream) n, stream, value, unsure
          FROM (SELECT n, whole.stream, hour AS at, '' AS source, '' AS id, last_value AS value,
                       ingestion > :known AS unsure
                  FROM whole CROSS JOIN LATERAL (
                       SELECT * FROM usage_hour AS one
                        WHERE one.stream = whole.stream AND one.hour >= whole.begin
                          AND one.hour < whole.until AND one.last_value IS NOT NULL
                        ORDER BY one.hour DESC LIMIT 1) AS hours
                 UNION ALL
                SELECT n, single.stream, event.at, source, id, value, false FROM {_EVENTS}) AS states
         ORDER BY n, stream, at DESC, source COLLATE "C" DESC, id COLLATE "C" DESC) AS last_states
 GROUP BY n"""
)

UNIQUE: TextClause = text(
    f"""
WITH month AS (
    SELECT * FROM unnest(
           CAST(:month_n AS int[]), CAST(:month_stream AS bigint[]), CAST(:month_begin AS date[]),
           CAST(:month_mask AS bit(744)[])
    ) AS month (n, stream, month, mask)
), {_SINGLE}
SELECT n, count(DISTINCT key COLLATE "C") AS "unique", bool_or(unsure) AS unsure
  FROM (SELECT n, seen.key, seen.ingestion > :known AS unsure
          FROM month CROSS JOIN LATERAL (
               SELECT key, ingestion FROM usage_key AS one
                WHERE one.stream = month.stream AND one.month = month.month
                  AND one.hours & month.mask <> repeat('0', 744)::bit(744) OFFSET 0) AS seen
         UNION ALL
        SELECT n, event.key, false FROM {_EVENTS}) AS keys
 GROUP BY n"""
)


# A state's steps: what it was when the span began, then each day and hour as one step that knows its own
# integral, and each single event as one that takes no time. Between two steps the first one's last value
# holds.
def _weighted(first_read: str) -> TextClause:
    """`first_read`: how far back events are read for the state that a span begins with."""
    return text(
        f"""
WITH span AS (
    SELECT *, date_trunc('hour', begin, 'UTC') AS begin_hour FROM unnest(
           CAST(:span_n AS int[]), CAST(:span_stream AS bigint[]), CAST(:span_begin AS timestamptz[]),
           CAST(:span_until AS timestamptz[])
    ) AS span (n, stream, begin, until)
), {_SUMS}, {_SINGLE}, steps AS (
    SELECT n, begin AS first_at, begin AS until, 0 AS integral, 0 AS rank, '' AS source, '' AS id,
           coalesce(lately.value, unsure.value, before.last_value) AS value, false AS unsure
      FROM span
      LEFT JOIN LATERAL (
           SELECT event.value FROM usage_event AS event
            WHERE event.stream = span.stream AND event.at >= {first_read} AND event.at < begin
              AND event.ingestion <= :known
            ORDER BY event.at DESC, event.source DESC, event.id DESC LIMIT 1) AS lately ON true
      LEFT JOIN LATERAL (
           SELECT hours.hour, hours.last_value FROM usage_hour AS hours
            WHERE hours.stream = span.stream AND hours.hour < begin_hour
              AND hours.last_value IS NOT NULL AND hours.ingestion <= :known
            ORDER BY hours.hour DESC LIMIT 1) AS before ON true
      LEFT JOIN LATERAL (
           SELECT event.value
             FROM (SELECT one.hour FROM usage_hour AS one
                    WHERE one.stream = span.stream AND one.hour > coalesce(before.hour, '-infinity')
                      AND one.hour < begin_hour AND one.last_value IS NOT NULL
                      AND one.ingestion > :known OFFSET 0) AS hours
            CROSS JOIN LATERAL (
                  SELECT one.value FROM usage_event AS one
                   WHERE one.stream = span.stream AND one.at >= hours.hour
                     AND one.at < hours.hour + interval '1 hour' AND one.ingestion <= :known
                   ORDER BY one.at DESC, one.source DESC, one.id DESC LIMIT 1) AS event
            ORDER BY hours.hour DESC LIMIT 1) AS unsure ON true
     UNION ALL
    SELECT n, first_at, ended_at, integral, 1, '', '', last_value, ingestion > :known
      FROM sums WHERE last_value IS NOT NULL
     UNION ALL
    SELECT n, event.at, event.at, 0, 1, event.source, event.id, event.value, false FROM {_EVENTS}
)
SELECT n, sum(integral + coalesce(value, 0) * extract(epoch FROM next_at - until)) AS answer,
       bool_or(unsure) AS unsure
  FROM (SELECT n, integral, value, unsure, steps.until,
               lead(first_at, 1, span.until) OVER (
                   PARTITION BY n ORDER BY first_at, rank, source COLLATE "C", id COLLATE "C") AS next_at
          FROM steps JOIN span USING (n)) AS held
 GROUP BY n"""
    )


WEIGHTED = _weighted("begin_hour")
WEIGHTED_BY_EVENTS = _weighted("CAST(:events_from AS timestamptz)")

BEFORE: TextClause = text(
    """
SELECT min(hours.hour) AS hour
  FROM unnest(CAST(:span_n AS int[]), CAST(:span_stream AS bigint[]), CAST(:span_begin AS timestamptz[]),
              CAST(:span_until AS timestamptz[])) AS span (n, stream, begin, until)
 CROSS JOIN LATERAL (
       SELECT one.hour FROM usage_hour AS one
        WHERE one.stream = span.stream AND one.hour < date_trunc('hour', span.begin, 'UTC')
          AND one.last_value IS NOT NULL AND one.ingestion > :known
          AND one.hour > coalesce((
              SELECT max(sure.hour) FROM usage_hour AS sure
               WHERE sure.stream = span.stream AND sure.hour < date_trunc('hour', span.begin, 'UTC')
                 AND sure.last_value IS NOT NULL AND sure.ingestion <= :known), '-infinity')
        ORDER BY one.hour LIMIT 1) AS hours"""
)
"""The first hour of which the events say which state a span begins with under the cut-off; or none."""

EVENTS: TextClause = text(
    """
SELECT event.id, source, meter, at, received_at, value, coalesce(key, '') AS key, grp
  FROM usage_stream AS stream JOIN usage_event AS event ON event.stream = stream.id
 WHERE tenant_id = :tenant_id AND meter = :meter AND at >= :begin AND at < :until AND ingestion <= :known
 ORDER BY at, source, event.id"""
)

# A state holds until it is set anew, so that its group is there however long ago that was.
GROUPS: TextClause = text(
    """
SELECT grp FROM usage_stream AS stream
 WHERE tenant_id = :tenant_id AND meter = :meter
   AND (EXISTS (SELECT FROM usage_hour AS one
                 WHERE one.stream = stream.id AND one.hour >= :begin AND one.hour < :until)
        OR (:held AND EXISTS (SELECT FROM usage_hour AS one
                               WHERE one.stream = stream.id AND one.last_value IS NOT NULL
                                 AND one.hour < :until)))
 ORDER BY grp"""
)
