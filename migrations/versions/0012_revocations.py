"""The number of revocations, by which a SQLite file put back from a copy is recognised (D-62).

Only a new column. It stays empty until a server of this version starts.

Revision: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("revocations", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("installation", "revocations")
