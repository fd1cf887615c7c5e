"""What closing runs took of usage is kept, for when the events behind it are gone."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE kept_usage (
            tenant_id VARCHAR NOT NULL,
            closing BIGINT NOT NULL,
            answers JSONB NOT NULL,
            CONSTRAINT pk_kept_usage PRIMARY KEY (tenant_id, closing),
            CONSTRAINT fk_kept_usage_tenant_id FOREIGN KEY (tenant_id) REFERENCES subscription (tenant_id),
            CONSTRAINT fk_kept_usage_closing FOREIGN KEY (closing) REFERENCES closing (number)
        )
        """
    )
    op.execute(
        "CREATE TRIGGER tr_kept_usage_stays BEFORE UPDATE OR DELETE ON kept_usage "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TABLE kept_usage")
