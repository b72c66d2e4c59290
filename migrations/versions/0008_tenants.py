"""Tenants of service instances; application ids by the new zone's index after a split.

Only additions: rows of older versions have neither, and a start of this version completes them.

Revision: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # NULL in every existing row: the indexes are quickly built under the table lock.
    op.add_column("client", sa.Column("local_id", sa.String(length=255), nullable=True))
    op.create_index(op.f("ix_client_local_id"), "client", ["local_id"], unique=True)
    op.add_column("service_instance", sa.Column("tenant", sa.String(length=512), nullable=True))
    op.create_index(op.f("ix_service_instance_tenant"), "service_instance", ["tenant"])


def downgrade() -> None:
    op.drop_index(op.f("ix_service_instance_tenant"), "service_instance")
    op.drop_column("service_instance", "tenant")
    op.drop_index(op.f("ix_client_local_id"), "client")
    op.drop_column("client", "local_id")
