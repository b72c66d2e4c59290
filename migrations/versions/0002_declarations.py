"""Declarations of descriptors: application references, roles, role collections; held names.

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held_name",
        sa.Column("app_id", sa.String(length=255), nullable=False),
        sa.Column("space", sa.String(length=36), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_held_name")),
        comment="Names of deleted applications, kept for their space while old tokens live (D-30).",
    )
    op.create_table(
        "application_reference",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("usage", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=255), nullable=False),
        sa.Column("app_id", sa.String(length=255), nullable=False),
        sa.Column("service_instance", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("target_row_id", sa.BigInteger(), nullable=True),
        sa.Column("space", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_application_reference_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_reference")),
        sa.UniqueConstraint(
            "client_row_id",
            "usage",
            "holder",
            "app_id",
            "service_instance",
            "name",
            name=op.f(
                "uq_application_reference_client_row_id_usage_holder_app_id_service_instance_name"
            ),
        ),
        comment="Other applications that descriptors name, by name and pinned to a client (D-30).",
    )
    op.create_index(
        op.f("ix_application_reference_app_id"), "application_reference", ["app_id"], unique=False
    )
    op.create_index(
        op.f("ix_application_reference_service_instance"),
        "application_reference",
        ["service_instance"],
        unique=False,
    )
    op.create_index(
        op.f("ix_application_reference_target_row_id_usage"),
        "application_reference",
        ["target_row_id", "usage"],
        unique=False,
    )
    op.create_table(
        "attribute",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("value_type", sa.String(length=16), nullable=False),
        sa.Column("value_required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_attribute_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute")),
        sa.UniqueConstraint("client_row_id", "name", name=op.f("uq_attribute_client_row_id_name")),
        comment="Attributes that restrict roles.",
    )
    op.create_table(
        "role_collection",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("zone_row_id", sa.BigInteger(), nullable=False),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_role_collection_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["zone_row_id"], ["zone.id"], name=op.f("fk_role_collection_zone_row_id_zone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_collection")),
        sa.UniqueConstraint(
            "zone_row_id", "name", name=op.f("uq_role_collection_zone_row_id_name")
        ),
        comment="Role collections, one name per zone; foreign templates in them are references.",
    )
    op.create_index(
        op.f("ix_role_collection_client_row_id"), "role_collection", ["client_row_id"], unique=False
    )
    op.create_table(
        "role_template",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_role_template_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_template")),
        sa.UniqueConstraint(
            "client_row_id", "name", name=op.f("uq_role_template_client_row_id_name")
        ),
        comment="Role templates with their own and platform scopes; foreign ones are references.",
    )
    op.create_table(
        "role",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("role_template_row_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_template_row_id"],
            ["role_template.id"],
            name=op.f("fk_role_role_template_row_id_role_template"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint(
            "role_template_row_id", "name", name=op.f("uq_role_role_template_row_id_name")
        ),
        comment="Roles made of templates; default roles follow their template.",
    )
    op.create_table(
        "role_template_attribute",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("role_template_row_id", sa.BigInteger(), nullable=False),
        sa.Column("attribute_row_id", sa.BigInteger(), nullable=False),
        sa.Column("default_values", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attribute_row_id"],
            ["attribute.id"],
            name=op.f("fk_role_template_attribute_attribute_row_id_attribute"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_template_row_id"],
            ["role_template.id"],
            name=op.f("fk_role_template_attribute_role_template_row_id_role_template"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_template_attribute")),
        sa.UniqueConstraint(
            "role_template_row_id",
            "attribute_row_id",
            name=op.f("uq_role_template_attribute_role_template_row_id_attribute_row_id"),
        ),
        comment="Attributes that a role of the template has values for.",
    )
    op.create_index(
        op.f("ix_role_template_attribute_attribute_row_id"),
        "role_template_attribute",
        ["attribute_row_id"],
        unique=False,
    )
    op.create_table(
        "role_collection_role",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("role_collection_row_id", sa.BigInteger(), nullable=False),
        sa.Column("role_row_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_collection_row_id"],
            ["role_collection.id"],
            name=op.f("fk_role_collection_role_role_collection_row_id_role_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_row_id"],
            ["role.id"],
            name=op.f("fk_role_collection_role_role_row_id_role"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_collection_role")),
        sa.UniqueConstraint(
            "role_collection_row_id",
            "role_row_id",
            name=op.f("uq_role_collection_role_role_collection_row_id_role_row_id"),
        ),
        comment="Roles in collections.",
    )
    op.create_index(
        op.f("ix_role_collection_role_role_row_id"),
        "role_collection_role",
        ["role_row_id"],
        unique=False,
    )
    op.add_column(
        "client",
        sa.Column("accepts_grants", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("client", sa.Column("declared_epoch", sa.BigInteger(), nullable=True))
    op.add_column("service_instance", sa.Column("name", sa.String(length=255), nullable=True))
    op.add_column("service_instance", sa.Column("space", sa.String(length=36), nullable=True))
    op.create_index(
        op.f("ix_service_instance_space_name"), "service_instance", ["space", "name"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_service_instance_space_name"), table_name="service_instance")
    op.drop_column("service_instance", "space")
    op.drop_column("service_instance", "name")
    op.drop_column("client", "declared_epoch")
    op.drop_column("client", "accepts_grants")
    op.drop_index(op.f("ix_role_collection_role_role_row_id"), table_name="role_collection_role")
    op.drop_table("role_collection_role")
    op.drop_index(
        op.f("ix_role_template_attribute_attribute_row_id"), table_name="role_template_attribute"
    )
    op.drop_table("role_template_attribute")
    op.drop_table("role")
    op.drop_table("role_template")
    op.drop_index(op.f("ix_role_collection_client_row_id"), table_name="role_collection")
    op.drop_table("role_collection")
    op.drop_table("attribute")
    op.drop_index(
        op.f("ix_application_reference_target_row_id_usage"), table_name="application_reference"
    )
    op.drop_index(
        op.f("ix_application_reference_service_instance"), table_name="application_reference"
    )
    op.drop_index(op.f("ix_application_reference_app_id"), table_name="application_reference")
    op.drop_table("application_reference")
    op.drop_table("held_name")
