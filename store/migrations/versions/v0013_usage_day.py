"""Usage summed up by the day, from the hours that are there."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE usage_day (
    stream BIGINT NOT NULL,
    day TIMESTAMP WITH TIME ZONE NOT NULL,
    count BIGINT NOT NULL,
    sum NUMERIC NOT NULL,
    max NUMERIC NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE,
    last_value NUMERIC,
    integral NUMERIC,
    ingestion BIGINT NOT NULL,
    CONSTRAINT pk_usage_day PRIMARY KEY (stream, day),
    CONSTRAINT ck_usage_day_count CHECK (count > 0),
    CONSTRAINT ck_usage_day_day CHECK (date_trunc('day', day, 'UTC') = day),
    CONSTRAINT ck_usage_day_state_whole CHECK (
        (first_at IS NULL) = (last_value IS NULL) AND (first_at IS NULL) = (integral IS NULL))
) WITH (fillfactor = 80)
"""
# From the end of an hour that set it to the next one that did, or to the day's end, a state stays as it was.
DAYS = """
INSERT INTO usage_day
SELECT stream, day, sum(count), sum(sum), max(max), min(first_at),
       (array_agg(last_value ORDER BY hour DESC) FILTER (WHERE last_value IS NOT NULL))[1],
       sum(integral + last_value * extract(epoch FROM next_at - hour - interval '1 hour')), max(ingestion)
  FROM (SELECT *, coalesce(lead(first_at) OVER (PARTITION BY stream, day ORDER BY hour),
                           day + interval '1 day') AS next_at
          FROM (SELECT *, date_trunc('day', hour, 'UTC') AS day FROM usage_hour) AS hours) AS steps
 GROUP BY stream, day ORDER BY stream, day
"""


def upgrade() -> None:
    op.execute(TABLE)
    # Nothing may be stored between the reading of the hours and the days being there.
    op.execute("LOCK TABLE usage_hour IN SHARE MODE")
    op.execute(DAYS)


def downgrade() -> None:
    op.execute("DROP TABLE usage_day")
