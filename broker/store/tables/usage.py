"""The tables of operation: credential usage, and the restore lock of the database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

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

credential_daily_use = Table(
    "credential_daily_use",
    metadata,
    Column(
        "credential_row_id",
        BigInteger().with_variant(Integer(), "sqlite"),
        # Not the credential: the writer has already locked this row, so the check does not wait.
        ForeignKey("credential_usage.credential_row_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("day", Date, primary_key=True),
    Column("accepted", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Index(None, "day"),
    comment="Use of each credential by day in UTC; kept for XSUAA_HISTORY_DAYS.",
)

credential_daily_count = Table(
    "credential_daily_count",
    metadata,
    Column("day", Date, primary_key=True),
    Column("zone_row_id", BigInteger, ForeignKey("zone.id"), primary_key=True, autoincrement=False),
    Column("type", String(32), primary_key=True),
    Column("credentials", BigInteger, nullable=False),
    comment="How many credentials of each type a zone has, by day in UTC.",
)

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("usage_since", UtcDateTime, nullable=False),
    Column("place", String(128), nullable=False),
    Column("locked_because", Text),
    # While the database is locked: the time of the newest event before the restore.
    Column("backup_at", UtcDateTime),
    # On SQLite only, from the first start that counted: compared with a file (D-62).
    Column("revocations", BigInteger),
    comment="One row: since when use is counted, where this database lies, whether it may serve.",
)
