"""Approval of plan apiaccess; whether the name of an application is held after its deletion.

Only additions. A row of an older version is not approved, and its name is held.

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "client",
        sa.Column("holds_name", sa.Boolean(), server_default=sa.true(), nullable=False),
    )


def downgrade() -> None:
    # Column by column: re-creating the table would delete the rows that refer to it.
    op.drop_column("client", "holds_name")
    op.drop_column("client", "approved_at")
