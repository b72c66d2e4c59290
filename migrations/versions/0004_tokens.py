"""Revoked tokens; failed authentications.

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revoked_token",
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_revoked_token_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_revoked_token")),
        comment="Tokens that were revoked one by one; forgotten when they would have expired.",
    )
    op.create_index(op.f("ix_revoked_token_client_row_id"), "revoked_token", ["client_row_id"])
    op.create_index(op.f("ix_revoked_token_expires_at"), "revoked_token", ["expires_at"])
    op.create_table(
        "refused_attempt",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "source", "reason", name=op.f("pk_refused_attempt")),
        comment=(
            "Failed authentications: one row per minute, credential or address, and reason (D-23)."
        ),
    )


def downgrade() -> None:
    op.drop_table("refused_attempt")
    op.drop_table("revoked_token")
