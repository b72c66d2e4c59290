"""The tables of declarations: application references, roles, role collections; held names.

Declarations belong to the OAuth client of the instance whose descriptor declares them, and are
deleted with it. Role collections and roles that administrators create belong to the built-in
application of the zone (D-40).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from broker.store.tables.collation import by_code_points
from broker.store.tables.core import UtcDateTime, metadata, surrogate


def _owned_by(table_and_column: str, name: str, **more: Any) -> Column[int]:
    return Column(
        name, BigInteger, ForeignKey(table_and_column, ondelete="CASCADE"), nullable=False, **more
    )


application_reference = Table(
    "application_reference",
    metadata,
    surrogate(),
    _owned_by("client.id", "client_row_id"),
    Column("usage", String(32), nullable=False),
    Column("holder", String(255), nullable=False),
    Column("app_id", String(255), nullable=False),
    Column("service_instance", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    # No foreign key: a pin outlives its target, so that no other application replaces it (D-30).
    Column("target_row_id", BigInteger),
    Column("space", String(36)),
    UniqueConstraint("client_row_id", "usage", "holder", "app_id", "service_instance", "name"),
    Index(None, "target_row_id", "usage"),
    Index(None, "app_id"),
    Index(None, "service_instance"),
    comment="Other applications that descriptors name, by name and pinned to a client (D-30).",
)

held_name = Table(
    "held_name",
    metadata,
    Column("app_id", String(255), primary_key=True),
    Column("space", String(36), nullable=False),
    Column("until", UtcDateTime, nullable=False),
    comment="Names of deleted applications, kept for their space while old tokens live (D-30).",
)

attribute = Table(
    "attribute",
    metadata,
    surrogate(),
    _owned_by("client.id", "client_row_id"),
    Column("name", String(64), nullable=False),
    Column("description", Text),
    Column("value_type", String(16), nullable=False),
    Column("value_required", Boolean, nullable=False),
    UniqueConstraint("client_row_id", "name"),
    comment="Attributes that restrict roles.",
)

role_template = Table(
    "role_template",
    metadata,
    surrogate(),
    _owned_by("client.id", "client_row_id"),
    Column("name", String(64), nullable=False),
    Column("description", Text),
    Column("scopes", Text, nullable=False),
    UniqueConstraint("client_row_id", "name"),
    comment="Role templates with their own and platform scopes; foreign ones are references.",
)

role_template_attribute = Table(
    "role_template_attribute",
    metadata,
    surrogate(),
    _owned_by("role_template.id", "role_template_row_id"),
    _owned_by("attribute.id", "attribute_row_id"),
    Column("default_values", Text, nullable=False),
    UniqueConstraint("role_template_row_id", "attribute_row_id"),
    Index(None, "attribute_row_id"),
    comment="Attributes that a role of the template has values for.",
)

role = Table(
    "role",
    metadata,
    surrogate(),
    _owned_by("role_template.id", "role_template_row_id"),
    Column("name", String(255), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("description", Text),
    UniqueConstraint("role_template_row_id", "name"),
    comment="Roles made of templates; default roles follow their template.",
)

role_attribute = Table(
    "role_attribute",
    metadata,
    surrogate(),
    _owned_by("role.id", "role_row_id"),
    _owned_by("attribute.id", "attribute_row_id"),
    # static, idp (a provider's attribute) or unrestricted
    Column("origin", String(16), nullable=False),
    Column("attribute_values", Text, nullable=False),
    UniqueConstraint("role_row_id", "attribute_row_id"),
    Index(None, "attribute_row_id"),
    comment="Attribute values of roles that administrators create (I-G3).",
)

role_collection = Table(
    "role_collection",
    metadata,
    surrogate(),
    Column("zone_row_id", BigInteger, ForeignKey("zone.id"), nullable=False),
    _owned_by("client.id", "client_row_id"),
    Column("name", String(64), nullable=False),
    Column("description", Text),
    # Stored, not derived from the owner (I-150); collections of older versions are declared ones.
    Column("is_read_only", Boolean, nullable=False, server_default=true()),
    # Form in which names are compared (I-162); NULL if an older version wrote the row.
    Column("folded_name", String(255)),
    UniqueConstraint("zone_row_id", "name"),
    Index(None, "client_row_id"),
    Index(None, "zone_row_id", "folded_name"),
    comment="Role collections, one name per zone; foreign templates in them are references.",
)

# For filters by prefixes; on SQLite the unique index serves.
Index(
    "ix_role_collection_code_points",
    role_collection.c.zone_row_id,
    by_code_points(role_collection.c.name),
).ddl_if(dialect="postgresql")

role_collection_role = Table(
    "role_collection_role",
    metadata,
    surrogate(),
    _owned_by("role_collection.id", "role_collection_row_id"),
    _owned_by("role.id", "role_row_id"),
    UniqueConstraint("role_collection_row_id", "role_row_id"),
    Index(None, "role_row_id"),
    comment="Roles in collections.",
)
