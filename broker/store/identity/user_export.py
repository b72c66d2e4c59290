"""Everything stored about one user, for access requests of users (GDPR article 15)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from broker.audit.actor import ActorKind
from broker.audit.event import SubjectKind
from broker.authorization.collections.mapped import applicable
from broker.store.database.columns import readable_json
from broker.store.tables.assignments import role_assignment
from broker.store.tables.core import audit_event, client
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import known_source, password_link, user_password
from broker.store.tables.user_grants import (
    authorization_code,
    consent,
    passcode,
    refresh_family,
    user_session,
)

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table

    from broker.authorization.collections.ports import Mappings
    from broker.identity.user import User


def _of_client(table: Table, *columns: Column[Any]) -> Select[Any]:
    return select(client.c.client_id, *columns).join_from(
        table, client, client.c.id == table.c.client_row_id
    )


_SECTIONS: dict[str, tuple[Select[Any], Column[int]]] = {
    "password": (
        select(user_password.c.changed_at, user_password.c.change_required),
        user_password.c.id,
    ),
    "password_links": (
        select(
            password_link.c.purpose,
            password_link.c.created_by,
            password_link.c.created_at,
            password_link.c.expires_at,
        ),
        password_link.c.user_row_id,
    ),
    "known_sources": (
        select(known_source.c.kind, known_source.c.last_used_at, known_source.c.expires_at),
        known_source.c.user_row_id,
    ),
    "role_collections": (
        select(
            role_collection.c.name,
            role_assignment.c.created_by,
            role_assignment.c.created_at,
            role_assignment.c.expires_at,
            role_assignment.c.note,
        ).join_from(
            role_assignment,
            role_collection,
            role_collection.c.id == role_assignment.c.role_collection_row_id,
        ),
        role_assignment.c.user_row_id,
    ),
    "sessions": (
        select(
            user_session.c.auth_time,
            user_session.c.amr,
            user_session.c.provider_session,
            user_session.c.created_at,
            user_session.c.last_seen_at,
            user_session.c.expires_at,
        ),
        user_session.c.user_row_id,
    ),
    "authorization_codes": (
        _of_client(
            authorization_code,
            authorization_code.c.scopes,
            authorization_code.c.redirect_uri,
            authorization_code.c.auth_time,
            authorization_code.c.created_at,
            authorization_code.c.expires_at,
            authorization_code.c.used_at,
        ),
        authorization_code.c.user_row_id,
    ),
    "refresh_tokens": (
        _of_client(
            refresh_family,
            refresh_family.c.grant_type,
            refresh_family.c.scopes,
            refresh_family.c.auth_time,
            refresh_family.c.amr,
            refresh_family.c.created_at,
            refresh_family.c.expires_at,
            refresh_family.c.last_used_at,
        ),
        refresh_family.c.user_row_id,
    ),
    "passcodes": (select(passcode.c.auth_time, passcode.c.expires_at), passcode.c.id),
    "consents": (
        _of_client(consent, consent.c.scope, consent.c.is_granted, consent.c.updated_at),
        consent.c.user_row_id,
    ),
}
"""By section: the exported columns, never digests and sealed values, and the user's column."""


class UserExport:
    """Collects what is stored about a user within a transaction."""

    def __init__(self, connection: Connection, mappings: Mappings) -> None:
        self._connection = connection
        self._mappings = mappings

    def of(self, user: User) -> dict[str, Any]:
        """Return everything stored about the user as JSON-compatible values, without secrets."""
        return {
            "user": _user(user),
            **{
                name: [
                    _document(row)
                    for row in self._connection.execute(query.where(owner == user.row_id))
                ]
                for name, (query, owner) in _SECTIONS.items()
            },
            "mapped_role_collections": [
                {"name": each.collection, "attribute": each.attribute, "value": each.value}
                for each in applicable(
                    self._mappings.of_origin(user.zone, user.origin), user.snapshot
                )
            ],
            "audit_events": self._audit_events(user),
        }

    def _mapped(self, user: User) -> list[dict[str, Any]]:
        of_provider = self._mappings.of_origin(user.zone, user.origin)
        return [
            {"name": each.collection, "attribute": each.attribute, "value": each.value}
            for each in applicable(of_provider, user.snapshot)
        ]

    def _audit_events(self, user: User) -> list[dict[str, Any]]:
        found = (
            select(
                audit_event.c.at,
                audit_event.c.action,
                audit_event.c.outcome,
                audit_event.c.actor_kind,
                audit_event.c.actor_id,
                audit_event.c.subject_kind,
                audit_event.c.subject_id,
                audit_event.c.details,
            )
            .where(audit_event.c.zone_guid == user.zone.guid, _names(user))
            .order_by(audit_event.c.at)
        )
        return [
            {**_document(row), "details": readable_json(row.details)}
            for row in self._connection.execute(found)
        ]


def _names(user: User) -> ColumnElement[bool]:
    kind, actor = audit_event.c.subject_kind, audit_event.c.actor_kind
    return or_(
        and_(kind == SubjectKind.USER, audit_event.c.subject_id == user.user_id),
        and_(actor == ActorKind.USER, audit_event.c.actor_id == user.user_id),
        audit_event.c.details.contains(user.user_id),
    )


def _user(user: User) -> dict[str, Any]:
    snapshot = user.snapshot
    return {
        "id": user.user_id,
        "zone": user.zone.guid,
        "origin": user.origin,
        "name": user.name,
        "external_id": user.external_id,
        "email": user.email,
        "email_verified": user.email_verified,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "phone": user.phone,
        "user_uuid": user.user_uuid,
        "locale": user.locale,
        "active": user.is_active,
        "created_at": _value(user.created_at),
        "updated_at": _value(user.updated_at),
        "last_logon_at": _value(user.last_logon_at),
        "previous_logon_at": _value(user.previous_logon_at),
        "provider_groups": list(snapshot.groups) if snapshot else [],
        "provider_attributes": (
            {name: list(values) for name, values in snapshot.attributes.items()} if snapshot else {}
        ),
        "provider_data_from": _value(snapshot.taken_at) if snapshot else None,
    }


def _document(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {name: _value(value) for name, value in row._mapping.items()}  # noqa: SLF001 - public


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
