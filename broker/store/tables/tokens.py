"""The tables of the token service."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from broker.store.tables.core import UtcDateTime, metadata

revoked_token = Table(
    "revoked_token",
    metadata,
    Column("token_id", String(32), primary_key=True),
    Column(
        "client_row_id", BigInteger, ForeignKey("client.id", ondelete="CASCADE"), nullable=False
    ),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "client_row_id"),
    Index(None, "expires_at"),
    comment="Tokens that were revoked one by one; forgotten when they would have expired.",
)

refused_attempt = Table(
    "refused_attempt",
    metadata,
    Column("minute", UtcDateTime, primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("reason", String(64), primary_key=True),
    Column("client_id", String(255), nullable=False),
    Column("attempts", Integer, nullable=False),
    comment="Failed authentications: one row per minute, credential or address, and reason (D-23).",
)
