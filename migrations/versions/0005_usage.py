"""Credential usage, previous instance secrets, and the lock of a restored database.

Revision: 0005
Revises: 0004
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PREVIOUS: dict[str, sa.types.TypeEngine[Any]] = {
    "previous_digest": sa.LargeBinary(),
    "previous_digest_key_id": sa.BigInteger(),
    "previous_until": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    op.create_table(
        "credential_usage",
        sa.Column(
            "credential_row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_row_id"],
            ["credential.id"],
            name=op.f("fk_credential_usage_credential_row_id_credential"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("credential_row_id", name=op.f("pk_credential_usage")),
        comment="Who still uses what; collected by workers, written every few seconds (D-22).",
    )
    installation = op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("usage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=128), nullable=False),
        sa.Column("locked_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        comment=(
            "One row: since when use is counted, where this database lies, whether it may serve."
        ),
    )
    # The first server start sets the place.
    op.bulk_insert(installation, [{"id": 1, "usage_since": datetime.now(UTC), "place": ""}])
    for name, type_ in _PREVIOUS.items():
        op.add_column("credential", sa.Column(name, type_, nullable=True))
    op.add_column("audit_event", sa.Column("detail", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("audit_event") as table:
        table.drop_column("detail")
    with op.batch_alter_table("credential") as table:
        for name in _PREVIOUS:
            table.drop_column(name)
    op.drop_table("installation")
    op.drop_table("credential_usage")
