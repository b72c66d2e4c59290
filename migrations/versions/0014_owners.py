"""Columns that bind secrets, digests and service instances to their owners (D-52).

Only additions: NULL in every existing row, until ``data-keys bind-owners`` fills them.

Revision: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("data_key", sa.Column("owner_binding", sa.String(length=16), nullable=True))
    op.add_column("credential", sa.Column("owner_mac", sa.LargeBinary(), nullable=True))
    op.add_column("credential", sa.Column("previous_owner_mac", sa.LargeBinary(), nullable=True))
    op.add_column("service_instance", sa.Column("owner_mac", sa.LargeBinary(), nullable=True))
    op.add_column(
        "service_instance", sa.Column("owner_digest_key_id", sa.BigInteger(), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("service_instance", "owner_digest_key_id")
    op.drop_column("service_instance", "owner_mac")
    op.drop_column("credential", "previous_owner_mac")
    op.drop_column("credential", "owner_mac")
    op.drop_column("data_key", "owner_binding")
