"""The tables. ``migrations/`` creates them; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)


class UtcDateTime(TypeDecorator[datetime]):
    """Timezone-aware datetimes in UTC; SQLite stores no time zone, so results are set to UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Return the time in UTC; raise ValueError for a naive time."""
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_RowId = BigInteger().with_variant(Integer(), "sqlite")  # on SQLite the 64-bit rowid


def surrogate() -> Column[int]:
    """Return a primary key for ids.new_row_id, never reused, not database-generated (D-30)."""
    return Column("id", _RowId, primary_key=True, autoincrement=False)


def same_id_as(owner: str, ondelete: str | None = None) -> Column[int]:
    """Return a primary key that is the ``id`` of the row in the table ``owner``."""
    reference = ForeignKey(f"{owner}.id", ondelete=ondelete)
    return Column("id", _RowId, reference, primary_key=True, autoincrement=False)


data_key = Table(
    "data_key",
    metadata,
    surrogate(),
    Column("purpose", String(16), nullable=False),
    Column("master_key_id", String(32), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Whether its values are bound to their owners; also in the wrapping (D-52).
    Column("owner_binding", String(16)),
    comment="Random keys that seal and digest; wrapped by a master key (D-12).",
)

signing_key = Table(
    "signing_key",
    metadata,
    surrogate(),
    Column("kid", String(64), nullable=False, unique=True),
    Column("sealed_private_key", LargeBinary, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("publish_at", UtcDateTime, nullable=False),
    Column("sign_from", UtcDateTime, nullable=False),
    Column("retire_at", UtcDateTime),
    comment="Keys that sign tokens; their state follows from the three times (D-16).",
)

zone = Table(
    "zone",
    metadata,
    surrogate(),
    Column("number", Integer, nullable=False, unique=True),
    Column("guid", String(36), nullable=False, unique=True),
    Column("subdomain", String(63), nullable=False, unique=True),
    Column("platform", String(64), nullable=False),
    Column("external_key", String(512), nullable=False),
    Column("grants_epoch", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Advances with every change of roles, role collections and mappings (I-143).
    Column("roles_epoch", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("platform", "external_key"),
    comment="Tenants (D-09). Rows are never deleted, so nothing is ever re-used.",
)

client = Table(
    "client",
    metadata,
    surrogate(),
    Column("zone_row_id", BigInteger, ForeignKey("zone.id"), nullable=False),
    Column("client_id", String(255), nullable=False, unique=True),
    Column("app_id", String(255), nullable=False, unique=True),
    # After a split of its zone: the application id by the index of the new zone.
    Column("local_id", String(255)),
    Column("service_instance_guid", String(512), nullable=False),
    Column("credential_types", String(64), nullable=False),
    Column("authorities", Text, nullable=False),
    Column("grant_types", Text),
    Column("token_validity", Integer),
    Column("epoch", BigInteger, nullable=False),
    Column("accepts_grants", Boolean, nullable=False, server_default=false()),
    Column("declared_epoch", BigInteger),
    # When an upgrade filled in missing grant types; an update clears it (D-60).
    Column("grant_types_filled_at", UtcDateTime),
    # When the client was approved for xs_* scopes; NULL if it was not (D-57).
    Column("approved_at", UtcDateTime),
    Column("approved_by", String(255)),
    # Whether others may know the application id, so that it is held after the deletion (D-55).
    Column("holds_name", Boolean, nullable=False, server_default=true()),
    Index(None, "zone_row_id"),
    Index(None, "local_id", unique=True),
    comment="OAuth clients: all that the token module needs to know, and nothing of OSB.",
)

service_instance = Table(
    "service_instance",
    metadata,
    surrogate(),
    Column("instance_id", String(512), nullable=False, unique=True),
    Column("platform", String(64), nullable=False),
    Column("client_row_id", BigInteger, ForeignKey("client.id"), nullable=False, unique=True),
    Column("service_id", String(255), nullable=False),
    Column("plan_id", String(255), nullable=False),
    Column("plan", String(32), nullable=False),
    Column("xsappname", String(100), nullable=False),
    Column("tenant_mode", String(16), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("organization_guid", String(512)),
    Column("space_guid", String(512)),
    Column("context", Text, nullable=False),
    Column("name", String(255)),
    Column("space", String(36)),
    # The platform's tenant by key; '' unidentified, NULL written by an older version (D-53).
    Column("tenant", String(512)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # Binds platform, client and zone to the row; NULL until owners are bound (D-52).
    Column("owner_mac", LargeBinary),
    Column("owner_digest_key_id", BigInteger),
    Index(None, "space", "name"),
    Index(None, "tenant"),
    comment="Service instances as the platform sees them.",
)

service_binding = Table(
    "service_binding",
    metadata,
    surrogate(),
    Column(
        "instance_row_id",
        BigInteger,
        ForeignKey("service_instance.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("binding_id", String(512), nullable=False),
    Column("credential_type", String(32), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("app_guid", String(512)),
    Column("predecessor_id", String(512)),
    Column("sealed_payload", LargeBinary, nullable=False),
    Column("expires_at", UtcDateTime),
    # The latest time at which the private key in the payload must be purged; NULL without one.
    Column("private_key_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("instance_row_id", "binding_id"),
    comment="Bindings and service keys, with the payload they were answered (D-06).",
)

credential = Table(
    "credential",
    metadata,
    surrogate(),
    Column(
        "client_row_id", BigInteger, ForeignKey("client.id", ondelete="CASCADE"), nullable=False
    ),
    Column("lookup", String(64), nullable=False),
    Column("binding_row_id", BigInteger, ForeignKey("service_binding.id", ondelete="CASCADE")),
    Column("type", String(32), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("digest_key_id", BigInteger, ForeignKey("data_key.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("sealed_secret", LargeBinary),
    Column("delisted_at", UtcDateTime),
    # Of a rotated instance secret: the previous one, and until when it is accepted (D-15).
    Column("previous_digest", LargeBinary),
    Column("previous_digest_key_id", BigInteger),
    Column("previous_until", UtcDateTime),
    # Certificates only: hash of subject and issuer, validity; for self-managed certificates also
    # the chain from the issuer up to the trusted CA (D-34).
    Column("names", String(64)),
    Column("not_before", UtcDateTime),
    Column("not_after", UtcDateTime),
    Column("issuer_path", Text),
    Column("created_at", UtcDateTime, nullable=False),
    # Bind the two digests to client and binding; NULL until owners are bound (D-52).
    Column("owner_mac", LargeBinary),
    Column("previous_owner_mac", LargeBinary),
    UniqueConstraint("client_row_id", "lookup"),
    Index(None, "binding_row_id"),
    comment="What a client may authenticate with; one row per decision (D-14).",
)

certificate_authority = Table(
    "certificate_authority",
    metadata,
    surrogate(),
    Column("role", String(16), nullable=False),
    Column("certificate", Text, nullable=False),
    Column("thumbprint", String(64), nullable=False, unique=True),
    Column("sealed_private_key", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    comment="Authorities that issue or issued managed certificates; trusted till they expire.",
)

operation_lock = Table(
    "operation_lock",
    metadata,
    Column("name", String(512), primary_key=True),
    comment="Locked by every write, so that operations on one instance queue up (D-20).",
)

audit_event = Table(
    "audit_event",
    metadata,
    surrogate(),
    Column("at", UtcDateTime, nullable=False),
    Column("action", String(32), nullable=False),
    Column("platform", String(64), nullable=False),
    Column("identity", Text),
    Column("instance_id", String(512), nullable=False),
    Column("binding_id", String(512), nullable=False),
    Column("correlation_id", String(128), nullable=False),
    # Written by older versions, which do not write the columns below.
    Column("detail", Text),
    Column("zone_guid", String(36)),
    Column("actor_kind", String(16)),
    Column("actor_id", String(255)),
    Column("subject_kind", String(32)),
    Column("subject_id", String(512)),
    Column("outcome", String(16)),
    Column("details", Text),
    Index(None, "instance_id", "at"),
    Index(
        None,
        "zone_guid",
        "at",
        postgresql_where=text("zone_guid IS NOT NULL"),
        sqlite_where=text("zone_guid IS NOT NULL"),
    ),
    Index(None, "at"),
    comment="Who did what; appended in the transaction that did it, never changed (D-23).",
)
