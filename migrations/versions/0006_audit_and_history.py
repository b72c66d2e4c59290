"""Audit events with zone, actor, subject, outcome and details; grant types; usage history.

Only additions: older versions can still write, and their rows stay readable.

Revision: 0006
Revises: 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AUDIT: dict[str, sa.types.TypeEngine[Any]] = {
    "zone_guid": sa.String(length=36),
    "actor_kind": sa.String(length=16),
    "actor_id": sa.String(length=255),
    "subject_kind": sa.String(length=32),
    "subject_id": sa.String(length=512),
    "outcome": sa.String(length=16),
    "details": sa.Text(),
}


def upgrade() -> None:
    for name, type_ in _AUDIT.items():
        op.add_column("audit_event", sa.Column(name, type_, nullable=True))
    # Existing rows have no zone: the partial index is empty and quickly built under the table lock.
    has_zone = sa.text("zone_guid IS NOT NULL")
    op.create_index(
        op.f("ix_audit_event_zone_guid_at"),
        "audit_event",
        ["zone_guid", "at"],
        postgresql_where=has_zone,
        sqlite_where=has_zone,
    )
    op.add_column("installation", sa.Column("backup_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "client", sa.Column("grant_types_filled_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "credential_daily_use",
        sa.Column(
            "credential_row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_row_id"],
            ["credential_usage.credential_row_id"],
            name=op.f("fk_credential_daily_use_credential_row_id_credential_usage"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("credential_row_id", "day", name=op.f("pk_credential_daily_use")),
        comment="Use of each credential by day in UTC; kept for XSUAA_HISTORY_DAYS.",
    )
    op.create_index(op.f("ix_credential_daily_use_day"), "credential_daily_use", ["day"])
    op.create_table(
        "credential_daily_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("zone_row_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("credentials", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["zone_row_id"],
            ["zone.id"],
            name=op.f("fk_credential_daily_count_zone_row_id_zone"),
        ),
        sa.PrimaryKeyConstraint(
            "day", "zone_row_id", "type", name=op.f("pk_credential_daily_count")
        ),
        comment="How many credentials of each type a zone has, by day in UTC.",
    )


def downgrade() -> None:
    op.drop_table("credential_daily_count")
    op.drop_index(op.f("ix_credential_daily_use_day"), "credential_daily_use")
    op.drop_table("credential_daily_use")
    # Column by column: re-creating the table would delete the rows that refer to it.
    op.drop_column("installation", "backup_at")
    op.drop_column("client", "grant_types_filled_at")
    op.drop_index(op.f("ix_audit_event_zone_guid_at"), "audit_event")
    for name in _AUDIT:
        op.drop_column("audit_event", name)
