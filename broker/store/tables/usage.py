"""Tables of the running of this database: who uses what, and where it was restored."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from broker.store.tables.core import UtcDateTime, metadata

credential_usage = Table(
    "credential_usage",
    metadata,
    Column(
        "credential_row_id",
        BigInteger().with_variant(Integer(), "sqlite"),
        ForeignKey("credential.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("last_used_at", UtcDateTime),
    Column("previous_used_at", UtcDateTime),
    Column("accepted", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    comment="Who still uses what; collected by workers, written every few seconds (D-22).",
)

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("usage_since", UtcDateTime, nullable=False),
    Column("place", String(128), nullable=False),
    Column("locked_because", Text),
    comment="One row: since when use is counted, where this database lies, whether it may serve.",
)
