"""Users, passwords, identity providers; settings of zones and clients.

Only additions: a client without settings is completed at the start of this version.

Revision: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "throttle_counter",
        sa.Column("budget", sa.String(length=16), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("budget", "slot", name=op.f("pk_throttle_counter")),
        comment="Failed password checks: a fixed number of counters for each budget (D-41).",
    )
    op.create_table(
        "identity_provider",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("zone_row_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=True),
        sa.Column("configuration", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["zone_row_id"], ["zone.id"], name=op.f("fk_identity_provider_zone_row_id_zone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_provider")),
        sa.UniqueConstraint(
            "zone_row_id", "origin", name=op.f("uq_identity_provider_zone_row_id_origin")
        ),
        comment="Identity providers of each zone (I-30, I-31).",
    )
    op.create_index(
        "uq_identity_provider_active_issuer",
        "identity_provider",
        ["zone_row_id", "issuer"],
        unique=True,
        postgresql_where=sa.text("is_active"),
        sqlite_where=sa.text("is_active"),
    )
    op.create_table(
        "shadow_user",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("zone_row_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("origin", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("folded_name", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("given_name", sa.String(length=255), nullable=True),
        sa.Column("family_name", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=255), nullable=True),
        sa.Column("user_uuid", sa.String(length=255), nullable=True),
        sa.Column("locale", sa.String(length=35), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_logon_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_logon_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=True),
        sa.Column("snapshot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_epoch", sa.BigInteger(), nullable=False),
        sa.Column("roles_epoch", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["zone_row_id"], ["zone.id"], name=op.f("fk_shadow_user_zone_row_id_zone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_user")),
        sa.UniqueConstraint("user_id", name=op.f("uq_shadow_user_user_id")),
        sa.UniqueConstraint(
            "zone_row_id",
            "origin",
            "external_id",
            name=op.f("uq_shadow_user_zone_row_id_origin_external_id"),
        ),
        sa.UniqueConstraint(
            "zone_row_id",
            "origin",
            "folded_name",
            name=op.f("uq_shadow_user_zone_row_id_origin_folded_name"),
        ),
        comment="The users of each zone: a record for every user that a provider authenticates.",
    )
    op.create_table(
        "zone_setting",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("default_idp", sa.String(length=36), nullable=True),
        sa.Column("access_token_validity", sa.Integer(), nullable=True),
        sa.Column("refresh_token_validity", sa.Integer(), nullable=True),
        sa.Column("refresh_token_rotate", sa.Boolean(), nullable=True),
        sa.Column("refresh_token_unique", sa.Boolean(), nullable=True),
        sa.Column("same_email_is_same_user", sa.Boolean(), nullable=False),
        sa.Column("iframe_domains", sa.Text(), nullable=False),
        sa.Column("home_redirect", sa.Text(), nullable=True),
        sa.Column("logout_redirects", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["zone.id"], name=op.f("fk_zone_setting_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_setting")),
        comment="Settings that administrators of a zone change; without a row the defaults apply.",
    )
    op.create_table(
        "client_setting",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("allowed_providers", sa.Text(), nullable=True),
        sa.Column("system_attributes", sa.Text(), nullable=False),
        sa.Column("auto_approve", sa.Text(), nullable=False),
        sa.Column("user_scopes", sa.Text(), nullable=False),
        sa.Column("refresh_token_validity", sa.Integer(), nullable=True),
        sa.Column("approved_scopes", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["id"], ["client.id"], name=op.f("fk_client_setting_id_client"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_setting")),
        comment="What the descriptor says about the users of a client (I-G1).",
    )
    op.create_table(
        "known_source",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("user_row_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_row_id"],
            ["shadow_user.id"],
            name=op.f("fk_known_source_user_row_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_source")),
        sa.UniqueConstraint(
            "user_row_id", "kind", "lookup", name=op.f("uq_known_source_user_row_id_kind_lookup")
        ),
        comment="Devices, networks and clients with an earlier logon of the user (I-19, D-41).",
    )
    op.create_index(op.f("ix_known_source_expires_at"), "known_source", ["expires_at"])
    op.create_index(op.f("ix_known_source_kind_lookup"), "known_source", ["kind", "lookup"])
    op.create_table(
        "password_link",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("user_row_id", sa.BigInteger(), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest_key_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_key_id"], ["data_key.id"], name=op.f("fk_password_link_digest_key_id_data_key")
        ),
        sa.ForeignKeyConstraint(
            ["user_row_id"],
            ["shadow_user.id"],
            name=op.f("fk_password_link_user_row_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("lookup", name=op.f("uq_password_link_lookup")),
        comment="One-time links to set a password; deleted when used or expired (I-23).",
    )
    op.create_index(op.f("ix_password_link_expires_at"), "password_link", ["expires_at"])
    op.create_index(op.f("ix_password_link_user_row_id"), "password_link", ["user_row_id"])
    op.create_table(
        "user_password",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("sealed_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change_required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["shadow_user.id"],
            name=op.f("fk_user_password_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_password")),
        comment="Passwords of local users: sealed argon2id hashes (I-14).",
    )
    op.add_column("client", sa.Column("approved_by", sa.String(length=255), nullable=True))
    op.add_column(
        "zone",
        sa.Column("roles_epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("zone", "roles_epoch")
    op.drop_column("client", "approved_by")
    op.drop_table("user_password")
    op.drop_table("password_link")
    op.drop_table("known_source")
    op.drop_table("client_setting")
    op.drop_table("zone_setting")
    op.drop_table("shadow_user")
    op.drop_table("identity_provider")
    op.drop_table("throttle_counter")
