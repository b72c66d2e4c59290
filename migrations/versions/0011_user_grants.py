"""Sessions, codes, refresh tokens, passcodes and consent of users.

Only new tables.

Revision: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "used_assertion",
        sa.Column("assertion", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("assertion", name=op.f("pk_used_assertion")),
        comment="Assertions of other issuers that were used once (I-120).",
    )
    op.create_index(op.f("ix_used_assertion_expires_at"), "used_assertion", ["expires_at"])
    op.create_table(
        "authorization_code",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("user_row_id", sa.BigInteger(), nullable=False),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest_key_id", sa.BigInteger(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amr", sa.String(length=255), nullable=False),
        sa.Column("token_epoch", sa.BigInteger(), nullable=False),
        sa.Column("session_row_id", sa.BigInteger(), nullable=True),
        sa.Column("redirect_uri", sa.Text(), nullable=True),
        sa.Column("code_challenge", sa.String(length=128), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_id", sa.String(length=32), nullable=True),
        sa.Column("family_row_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_authorization_code_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["digest_key_id"],
            ["data_key.id"],
            name=op.f("fk_authorization_code_digest_key_id_data_key"),
        ),
        sa.ForeignKeyConstraint(
            ["user_row_id"],
            ["shadow_user.id"],
            name=op.f("fk_authorization_code_user_row_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorization_code")),
        sa.UniqueConstraint("lookup", name=op.f("uq_authorization_code_lookup")),
        comment="Authorization codes, unused and used (I-110, I-111).",
    )
    op.create_index(
        op.f("ix_authorization_code_client_row_id"), "authorization_code", ["client_row_id"]
    )
    op.create_index(op.f("ix_authorization_code_expires_at"), "authorization_code", ["expires_at"])
    op.create_index(
        op.f("ix_authorization_code_session_row_id"), "authorization_code", ["session_row_id"]
    )
    op.create_index(
        op.f("ix_authorization_code_user_row_id"), "authorization_code", ["user_row_id"]
    )
    op.create_table(
        "consent",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("user_row_id", sa.BigInteger(), nullable=False),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("is_granted", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_consent_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_row_id"],
            ["shadow_user.id"],
            name=op.f("fk_consent_user_row_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint(
            "user_row_id",
            "client_row_id",
            "scope",
            name=op.f("uq_consent_user_row_id_client_row_id_scope"),
        ),
        comment="Scopes that users let a client have (I-99).",
    )
    op.create_index(op.f("ix_consent_client_row_id"), "consent", ["client_row_id"])
    op.create_table(
        "passcode",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest_key_id", sa.BigInteger(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amr", sa.String(length=255), nullable=False),
        sa.Column("token_epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_key_id"], ["data_key.id"], name=op.f("fk_passcode_digest_key_id_data_key")
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["shadow_user.id"], name=op.f("fk_passcode_id_shadow_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passcode")),
        sa.UniqueConstraint("lookup", name=op.f("uq_passcode_lookup")),
        comment="One-time codes for logon in command-line tools (I-105).",
    )
    op.create_index(op.f("ix_passcode_expires_at"), "passcode", ["expires_at"])
    op.create_table(
        "refresh_family",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("user_row_id", sa.BigInteger(), nullable=False),
        sa.Column("client_row_id", sa.BigInteger(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amr", sa.String(length=255), nullable=False),
        sa.Column("token_epoch", sa.BigInteger(), nullable=False),
        sa.Column("grant_type", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("session_row_id", sa.BigInteger(), nullable=True),
        sa.Column("source_row_id", sa.BigInteger(), nullable=True),
        sa.Column("credential_row_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_row_id"],
            ["client.id"],
            name=op.f("fk_refresh_family_client_row_id_client"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_row_id"],
            ["shadow_user.id"],
            name=op.f("fk_refresh_family_user_row_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_family")),
        comment="Grants that refresh tokens continue; the end is absolute (I-114).",
    )
    op.create_index(
        op.f("ix_refresh_family_client_row_id_user_row_id"),
        "refresh_family",
        ["client_row_id", "user_row_id"],
    )
    op.create_index(op.f("ix_refresh_family_expires_at"), "refresh_family", ["expires_at"])
    op.create_index(op.f("ix_refresh_family_session_row_id"), "refresh_family", ["session_row_id"])
    op.create_index(op.f("ix_refresh_family_source_row_id"), "refresh_family", ["source_row_id"])
    op.create_index(op.f("ix_refresh_family_user_row_id"), "refresh_family", ["user_row_id"])
    op.create_table(
        "user_session",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("user_row_id", sa.BigInteger(), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest_key_id", sa.BigInteger(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amr", sa.String(length=255), nullable=False),
        sa.Column("token_epoch", sa.BigInteger(), nullable=False),
        sa.Column("provider_session", sa.String(length=255), nullable=True),
        sa.Column("sealed_id_token", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_key_id"], ["data_key.id"], name=op.f("fk_user_session_digest_key_id_data_key")
        ),
        sa.ForeignKeyConstraint(
            ["user_row_id"],
            ["shadow_user.id"],
            name=op.f("fk_user_session_user_row_id_shadow_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("lookup", name=op.f("uq_user_session_lookup")),
        comment="Sessions of users in browsers (I-80); deleted when ended.",
    )
    op.create_index(op.f("ix_user_session_expires_at"), "user_session", ["expires_at"])
    op.create_index(op.f("ix_user_session_user_row_id"), "user_session", ["user_row_id"])
    op.create_table(
        "refresh_token",
        sa.Column("id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("family_row_id", sa.BigInteger(), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest_key_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest_key_id"], ["data_key.id"], name=op.f("fk_refresh_token_digest_key_id_data_key")
        ),
        sa.ForeignKeyConstraint(
            ["family_row_id"],
            ["refresh_family.id"],
            name=op.f("fk_refresh_token_family_row_id_refresh_family"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("lookup", name=op.f("uq_refresh_token_lookup")),
        comment="Refresh tokens; with rotation a family has several (I-115).",
    )
    op.create_index(op.f("ix_refresh_token_family_row_id"), "refresh_token", ["family_row_id"])


def downgrade() -> None:
    op.drop_table("refresh_token")
    op.drop_table("user_session")
    op.drop_table("refresh_family")
    op.drop_table("passcode")
    op.drop_table("consent")
    op.drop_table("authorization_code")
    op.drop_table("used_assertion")
