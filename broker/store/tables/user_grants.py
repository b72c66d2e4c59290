"""The tables of what users were given: sessions, codes, refresh tokens, passcodes, consent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from broker.store.tables.core import UtcDateTime, metadata, same_id_as, surrogate
from broker.store.tables.identity import digest_columns, of_user


def _of_client() -> Column[int]:
    return Column(
        "client_row_id", BigInteger, ForeignKey("client.id", ondelete="CASCADE"), nullable=False
    )


def _logon() -> tuple[Column[Any], ...]:
    """Return the columns of the logon behind a session, code or refresh token."""
    return (
        Column("auth_time", UtcDateTime, nullable=False),
        # Authentication methods (claim amr), separated by spaces.
        Column("amr", String(255), nullable=False),
        # The user's token epoch then: a later one ends what depends on the logon (I-09).
        Column("token_epoch", BigInteger, nullable=False),
    )


user_session = Table(
    "user_session",
    metadata,
    surrogate(),
    of_user(),
    *digest_columns(),
    *_logon(),
    Column("provider_session", String(255)),
    Column("sealed_id_token", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "user_row_id"),
    Index(None, "expires_at"),
    comment="Sessions of users in browsers (I-80); deleted when ended.",
)

authorization_code = Table(
    "authorization_code",
    metadata,
    surrogate(),
    of_user(),
    _of_client(),
    *digest_columns(),
    *_logon(),
    # No foreign key: the session may end before the code is purged.
    Column("session_row_id", BigInteger),
    Column("redirect_uri", Text),
    Column("code_challenge", String(128)),
    Column("nonce", Text),
    Column("scopes", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # Of a used code: what it gave, for 10 minutes (I-111).
    Column("used_at", UtcDateTime),
    Column("token_id", String(32)),
    Column("family_row_id", BigInteger),
    Index(None, "user_row_id"),
    Index(None, "client_row_id"),
    Index(None, "session_row_id"),
    Index(None, "expires_at"),
    comment="Authorization codes, unused and used (I-110, I-111).",
)

refresh_family = Table(
    "refresh_family",
    metadata,
    surrogate(),
    of_user(),
    _of_client(),
    *_logon(),
    Column("grant_type", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    # No foreign keys: what they end is deleted explicitly (D-59).
    Column("session_row_id", BigInteger),
    Column("source_row_id", BigInteger),
    Column("credential_row_id", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Index(None, "user_row_id"),
    Index(None, "client_row_id", "user_row_id"),
    Index(None, "session_row_id"),
    Index(None, "source_row_id"),
    Index(None, "expires_at"),
    comment="Grants that refresh tokens continue; the end is absolute (I-114).",
)

refresh_token = Table(
    "refresh_token",
    metadata,
    surrogate(),
    Column(
        "family_row_id",
        BigInteger,
        ForeignKey("refresh_family.id", ondelete="CASCADE"),
        nullable=False,
    ),
    *digest_columns(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime),
    Index(None, "family_row_id"),
    comment="Refresh tokens; with rotation a family has several (I-115).",
)

passcode = Table(
    "passcode",
    metadata,
    # The row id of the user: a user has one passcode (I-105).
    same_id_as("shadow_user", "CASCADE"),
    *digest_columns(),
    *_logon(),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
    comment="One-time codes for logon in command-line tools (I-105).",
)

consent = Table(
    "consent",
    metadata,
    surrogate(),
    of_user(),
    _of_client(),
    Column("scope", String(255), nullable=False),
    Column("is_granted", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("user_row_id", "client_row_id", "scope"),
    Index(None, "client_row_id"),
    comment="Scopes that users let a client have (I-99).",
)

used_assertion = Table(
    "used_assertion",
    metadata,
    # A digest of issuer and jti.
    Column("assertion", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
    comment="Assertions of other issuers that were used once (I-120).",
)
