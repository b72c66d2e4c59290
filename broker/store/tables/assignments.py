"""The tables of who is in a role collection: assignments of users, mappings of providers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from broker.store.tables.core import UtcDateTime, metadata, surrogate
from broker.store.tables.identity import of_user


def _of_collection() -> Column[int]:
    # RESTRICT: an older version beside this one cannot delete a collection in use (D-40).
    return Column(
        "role_collection_row_id",
        BigInteger,
        ForeignKey("role_collection.id", ondelete="RESTRICT"),
        nullable=False,
    )


role_assignment = Table(
    "role_assignment",
    metadata,
    surrogate(),
    of_user(),
    _of_collection(),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("note", Text),
    UniqueConstraint("user_row_id", "role_collection_row_id"),
    Index(None, "role_collection_row_id"),
    comment="Role collections of users (I-161).",
)

role_mapping = Table(
    "role_mapping",
    metadata,
    surrogate(),
    _of_collection(),
    Column("origin", String(36), nullable=False),
    Column("attribute", String(255), nullable=False),
    # As the client wrote it: equals or EQUALS (I-159).
    Column("operator", String(16), nullable=False),
    Column("value", String(255), nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("role_collection_row_id", "origin", "attribute", "value"),
    Index(None, "origin", "attribute", "value"),
    comment="Role collections by attributes and groups that a provider sends (I-159).",
)
