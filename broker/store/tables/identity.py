"""The tables of users, their passwords and identity providers, and of a zone's settings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from broker.store.tables.collation import ascii_lower, by_code_points
from broker.store.tables.core import UtcDateTime, metadata, same_id_as, surrogate


def _of_zone() -> Column[int]:
    return Column("zone_row_id", BigInteger, ForeignKey("zone.id"), nullable=False)


def of_user(**more: Any) -> Column[int]:
    """Return the column of the user that owns a row, which is deleted with the user."""
    return Column(
        "user_row_id",
        BigInteger,
        ForeignKey("shadow_user.id", ondelete="CASCADE"),
        nullable=False,
        **more,
    )


def digest_columns() -> tuple[Column[Any], ...]:
    """Return the columns of an opaque value: its look-up part, keyed digest and the digest's key.

    The digest covers the owner, too (D-52).
    """
    return (
        Column("lookup", String(64), nullable=False, unique=True),
        Column("digest", LargeBinary, nullable=False),
        Column("digest_key_id", BigInteger, ForeignKey("data_key.id"), nullable=False),
    )


shadow_user = Table(
    "shadow_user",
    metadata,
    surrogate(),
    _of_zone(),
    Column("user_id", String(36), nullable=False, unique=True),
    Column("origin", String(36), nullable=False),
    Column("name", String(255), nullable=False),
    # NFKC and case folding of the name (I-02).
    Column("folded_name", String(255), nullable=False),
    # The provider's sub; NULL until the first logon (D-38).
    Column("external_id", String(255)),
    Column("email", String(255)),
    Column("email_verified", Boolean, nullable=False),
    Column("given_name", String(255)),
    Column("family_name", String(255)),
    Column("phone", String(255)),
    Column("user_uuid", String(255)),
    Column("locale", String(35)),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("last_logon_at", UtcDateTime),
    Column("previous_logon_at", UtcDateTime),
    # The provider's groups and mapped attributes at the last logon, as JSON (I-08).
    Column("snapshot", Text),
    Column("snapshot_at", UtcDateTime),
    # Raised to end sessions, codes and tokens (I-09), and with each change of assignments (I-143).
    Column("token_epoch", BigInteger, nullable=False),
    Column("roles_epoch", BigInteger, nullable=False),
    UniqueConstraint("zone_row_id", "origin", "folded_name"),
    UniqueConstraint("zone_row_id", "origin", "external_id"),
    comment="The users of each zone: a record for every user that a provider authenticates.",
)

# For lists in the order of creation, and for filters by whole values and prefixes.
Index(
    "ix_shadow_user_created", shadow_user.c.zone_row_id, shadow_user.c.created_at, shadow_user.c.id
)
Index("ix_shadow_user_name", shadow_user.c.zone_row_id, by_code_points(shadow_user.c.folded_name))
Index("ix_shadow_user_email", shadow_user.c.zone_row_id, ascii_lower(shadow_user.c.email))
Index(
    "ix_shadow_user_external",
    shadow_user.c.zone_row_id,
    by_code_points(shadow_user.c.external_id),
)
# On SQLite the unique index serves, which always is in this order.
Index(
    "ix_shadow_user_user_id",
    shadow_user.c.zone_row_id,
    by_code_points(shadow_user.c.user_id),
).ddl_if(dialect="postgresql")

user_password = Table(
    "user_password",
    metadata,
    # The row id of the user, whose id, zone and origin are in the sealed content (D-52).
    same_id_as("shadow_user", "CASCADE"),
    Column("sealed_hash", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("change_required", Boolean, nullable=False),
    comment="Passwords of local users: sealed argon2id hashes (I-14).",
)

password_link = Table(
    "password_link",
    metadata,
    surrogate(),
    of_user(),
    *digest_columns(),
    Column("purpose", String(16), nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "user_row_id"),
    Index(None, "expires_at"),
    comment="One-time links to set a password; deleted when used or expired (I-23).",
)

known_source = Table(
    "known_source",
    metadata,
    surrogate(),
    of_user(),
    # device, network or client
    Column("kind", String(16), nullable=False),
    # Of a device its random id, else a keyed digest of the network or client.
    Column("lookup", String(64), nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    UniqueConstraint("user_row_id", "kind", "lookup"),
    Index(None, "kind", "lookup"),
    Index(None, "expires_at"),
    comment="Devices, networks and clients with an earlier logon of the user (I-19, D-41).",
)

throttle_counter = Table(
    "throttle_counter",
    metadata,
    Column("budget", String(16), primary_key=True),
    # A keyed hash of name and address, modulo the fixed number of counters.
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("failures", Integer, nullable=False),
    Column("first_failure_at", UtcDateTime, nullable=False),
    Column("last_failure_at", UtcDateTime, nullable=False),
    comment="Failed password checks: a fixed number of counters for each budget (D-41).",
)

identity_provider = Table(
    "identity_provider",
    metadata,
    surrogate(),
    _of_zone(),
    Column("origin", String(36), nullable=False),
    Column("type", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("issuer", String(512)),
    Column("configuration", Text, nullable=False),
    Column("sealed_secret", LargeBinary),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("zone_row_id", "origin"),
    Index(
        "uq_identity_provider_active_issuer",
        "zone_row_id",
        "issuer",
        unique=True,
        postgresql_where=text("is_active"),
        sqlite_where=text("is_active"),
    ),
    comment="Identity providers of each zone (I-30, I-31).",
)

zone_setting = Table(
    "zone_setting",
    metadata,
    same_id_as("zone"),
    Column("default_idp", String(36)),
    Column("access_token_validity", Integer),
    Column("refresh_token_validity", Integer),
    Column("refresh_token_rotate", Boolean),
    Column("refresh_token_unique", Boolean),
    Column("same_email_is_same_user", Boolean, nullable=False),
    Column("iframe_domains", Text, nullable=False),
    Column("home_redirect", Text),
    Column("logout_redirects", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    comment="Settings that administrators of a zone change; without a row the defaults apply.",
)

client_setting = Table(
    "client_setting",
    metadata,
    same_id_as("client", "CASCADE"),
    # The client's epoch at the last write: an older version changes a client without this row.
    Column("epoch", BigInteger, nullable=False),
    Column("redirect_uris", Text, nullable=False),
    # NULL allows every provider, [] none (I-48).
    Column("allowed_providers", Text),
    Column("system_attributes", Text, nullable=False),
    Column("auto_approve", Text, nullable=False),
    # Own scopes as $XSAPPNAME.x, and platform scopes that the descriptor names (I-132).
    Column("user_scopes", Text, nullable=False),
    Column("refresh_token_validity", Integer),
    # The administration scopes among them that were approved (D-57).
    Column("approved_scopes", Text),
    comment="What the descriptor says about the users of a client (I-G1).",
)
