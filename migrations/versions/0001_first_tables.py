"""The first tables.

Revision: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("master_key_id", sa.String(length=32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
        comment="Random keys that seal and digest; wrapped by a master key (D-12).",
    )
    op.create_table(
        "operation_lock",
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_operation_lock")),
        comment="Locked by every write, so that operations on one instance queue up (D-20).",
    )
    op.create_table(
        "signing_key",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sign_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retire_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_signing_key_kid")),
        comment="Keys that sign tokens; their state follows from the three times (D-16).",
    )
    op.create_table(
        "zone",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("guid", sa.String(length=36), nullable=False),
        sa.Column("subdomain", sa.String(length=63), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("external_key", sa.String(length=512), nullable=False),
        sa.Column("grants_epoch", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("guid", name=op.f("uq_zone_guid")),
        sa.UniqueConstraint("number", name=op.f("uq_zone_number")),
        sa.UniqueConstraint("platform", "external_key", name=op.f("uq_zone_platform_external_key")),
        sa.UniqueConstraint("subdomain", name=op.f("uq_zone_subdomain")),
        comment="Tenants (D-09). Rows are never deleted, so nothing is ever re-used.",
    )
    op.create_table(
        "client",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("zone_row_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("app_id", sa.String(length=255), nullable=False),
        sa.Column("service_instance_guid", sa.String(length=512), nullable=False),
        sa.Column("credential_types", sa.String(length=64), nullable=False),
        sa.Column("authorities", sa.Text(), nullable=False),
        sa.Column("grant_types", sa.Text(), nullable=True),
        sa.Column("token_validity", sa.Integer(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["zone_row_id"], ["zone.id"], name=op.f("fk_client_zone_row_id_zone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("app_id", name=op.f("uq_client_app_id")),
        sa.UniqueConstraint("client_id", name=op.f("uq_client_client_id")),
        comment="OAuth clients: all that the token module needs to know, and nothing of OSB.",
    )
    op.create_index(op.f("ix_client_zone_row_id"), "client", ["zone_row_id"])
    op.create_table(
        "service_instance",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("instance_id", sa.String(length=512), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.String(length=255), nullable=False),
        sa.Column("plan_id", sa.String(length=255), nullable=False),
        sa.Column("plan", sa.String(length=32), nullable=False),
        sa.Column("xsappname", sa.String(length=100), nullable=False),
        sa.Column("tenant_mode", sa.String(length=16), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("organization_guid", sa.String(length=512), nullable=True),
        sa.Column("space_guid", sa.String(length=512), nullable=True),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_row_id"], ["client.id"], name=op.f("fk_service_instance_client_row_id_client")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_instance")),
        sa.UniqueConstraint("client_row_id", name=op.f("uq_service_instance_client_row_id")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_service_instance_instance_id")),
        comment="Service instances as the platform sees them.",
    )
    op.create_table(
        "service_binding",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("instance_row_id", sa.BigInteger(), nullable=False),
        sa.Column("binding_id", sa.String(length=512), nullable=False),
        sa.Column("credential_type", sa.String(length=32), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("app_guid", sa.String(length=512), nullable=True),
        sa.Column("predecessor_id", sa.String(length=512), nullable=True),
        sa.Column("sealed_payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_row_id"],
            ["service_instance.id"],
            name=op.f("fk_service_binding_instance_row_id_service_instance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_binding")),
        sa.UniqueConstraint(
            "instance_row_id",
            "binding_id",
            name=op.f("uq_service_binding_instance_row_id_binding_id"),
        ),
        comment="Bindings and service keys, with the payload they were answered (D-06).",
    )
    op.create_table(
        "credential",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("binding_row_id", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest_key_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("delisted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_row_id"],
            ["service_binding.id"],
            name=op.f("fk_credential_binding_row_id_service_binding"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_credential_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["digest_key_id"], ["data_key.id"], name=op.f("fk_credential_digest_key_id_data_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint(
            "client_row_id", "lookup", name=op.f("uq_credential_client_row_id_lookup")
        ),
        comment="What a client may authenticate with; one row per decision (D-14).",
    )
    op.create_index(op.f("ix_credential_binding_row_id"), "credential", ["binding_row_id"])
    op.create_table(
        "audit_event",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("instance_id", sa.String(length=512), nullable=False),
        sa.Column("binding_id", sa.String(length=512), nullable=False),
        sa.Column("correlation_id", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        comment="Who did what; appended in the transaction that did it, never changed (D-23).",
    )
    op.create_index(op.f("ix_audit_event_at"), "audit_event", ["at"])
    op.create_index(op.f("ix_audit_event_instance_id_at"), "audit_event", ["instance_id", "at"])


def downgrade() -> None:
    op.drop_table("audit_event")
    op.drop_table("credential")
    op.drop_table("service_binding")
    op.drop_table("service_instance")
    op.drop_table("client")
    op.drop_table("zone")
    op.drop_table("signing_key")
    op.drop_table("operation_lock")
    op.drop_table("data_key")
