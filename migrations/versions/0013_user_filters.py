"""Indexes for lists of users and role collections: order of creation, whole values, prefixes.

Revision: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_USER = "shadow_user"
_COLLECTION = "role_collection"


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    # PostgreSQL reads ranges of other collations in another order; SQLite has no other.
    collated = ' COLLATE "C"' if is_postgresql else ""
    op.create_index("ix_shadow_user_created", _USER, ["zone_row_id", "created_at", "id"])
    for name, column in (
        ("ix_shadow_user_name", f"folded_name{collated}"),
        ("ix_shadow_user_email", f"lower(email{collated})"),
        ("ix_shadow_user_external", f"external_id{collated}"),
    ):
        op.create_index(name, _USER, ["zone_row_id", sa.text(column)])
    if is_postgresql:
        op.create_index(
            "ix_shadow_user_user_id", _USER, ["zone_row_id", sa.text(f"user_id{collated}")]
        )
        op.create_index(
            "ix_role_collection_code_points",
            _COLLECTION,
            ["zone_row_id", sa.text(f"name{collated}")],
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_role_collection_code_points", table_name=_COLLECTION)
        op.drop_index("ix_shadow_user_user_id", table_name=_USER)
    for name in ("external", "email", "name", "created"):
        op.drop_index(f"ix_shadow_user_{name}", table_name=_USER)
