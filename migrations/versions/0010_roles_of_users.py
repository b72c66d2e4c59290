"""Assignments and mappings of role collections; roles with attribute values.

Only additions: an older version inserts roles and collections without the new columns.

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "role_assignment",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("user_row_id", sa.BigInteger(), nullable=False),
        sa.Column("role_collection_row_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["role_collection_row_id"],
            ["role_collection.id"],
            name=op.f("fk_role_assignment_role_collection_row_id_role_collection"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_row_id"],
            ["shadow_user.id"],
            name=op.f("fk_role_assignment_user_row_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignment")),
        sa.UniqueConstraint(
            "user_row_id",
            "role_collection_row_id",
            name=op.f("uq_role_assignment_user_row_id_role_collection_row_id"),
        ),
        comment="Role collections of users (I-161).",
    )
    op.create_index(
        op.f("ix_role_assignment_role_collection_row_id"),
        "role_assignment",
        ["role_collection_row_id"],
    )
    op.create_table(
        "role_mapping",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("role_collection_row_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=36), nullable=False),
        sa.Column("attribute", sa.String(length=255), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_collection_row_id"],
            ["role_collection.id"],
            name=op.f("fk_role_mapping_role_collection_row_id_role_collection"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_mapping")),
        sa.UniqueConstraint(
            "role_collection_row_id",
            "origin",
            "attribute",
            "value",
            name=op.f("uq_role_mapping_role_collection_row_id_origin_attribute_value"),
        ),
        comment="Role collections by attributes and groups that a provider sends (I-159).",
    )
    op.create_index(
        op.f("ix_role_mapping_origin_attribute_value"),
        "role_mapping",
        ["origin", "attribute", "value"],
    )
    op.create_table(
        "role_attribute",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("role_row_id", sa.BigInteger(), nullable=False),
        sa.Column("attribute_row_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("attribute_values", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attribute_row_id"],
            ["attribute.id"],
            name=op.f("fk_role_attribute_attribute_row_id_attribute"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_row_id"],
            ["role.id"],
            name=op.f("fk_role_attribute_role_row_id_role"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_attribute")),
        sa.UniqueConstraint(
            "role_row_id",
            "attribute_row_id",
            name=op.f("uq_role_attribute_role_row_id_attribute_row_id"),
        ),
        comment="Attribute values of roles that administrators create (I-G3).",
    )
    op.create_index(
        op.f("ix_role_attribute_attribute_row_id"), "role_attribute", ["attribute_row_id"]
    )
    op.add_column("role", sa.Column("description", sa.Text(), nullable=True))
    op.add_column(
        "role_collection",
        sa.Column("is_read_only", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column("role_collection", sa.Column("folded_name", sa.String(length=255), nullable=True))
    op.create_index(
        op.f("ix_role_collection_zone_row_id_folded_name"),
        "role_collection",
        ["zone_row_id", "folded_name"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_role_collection_zone_row_id_folded_name"), "role_collection")
    op.drop_column("role_collection", "folded_name")
    op.drop_column("role_collection", "is_read_only")
    op.drop_column("role", "description")
    op.drop_table("role_attribute")
    op.drop_table("role_mapping")
    op.drop_table("role_assignment")
