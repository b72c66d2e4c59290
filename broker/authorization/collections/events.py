"""Audit events on role collections and roles; subjects of assignments are users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.audit.event import Action, AuditEvent, Subject, SubjectKind

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.authorization.collections.model import RoleKey
    from broker.identity.user import User
    from broker.identity.zone import Zone


def collection_event(
    action: Action, actor: Actor, zone: Zone, name: str, at: datetime, **details: object
) -> AuditEvent:
    """Return the event of a change of a role collection."""
    subject = Subject(SubjectKind.ROLE_COLLECTION, name)
    return AuditEvent(action, actor, subject, at, details, zone_guid=zone.guid)


def assignment_event(
    action: Action, actor: Actor, user: User, collection: str, at: datetime, **details: object
) -> AuditEvent:
    """Return the event of a change of an assignment."""
    named = {"name": user.name, "origin": user.origin, "collection": collection}
    subject = Subject(SubjectKind.USER, user.user_id)
    return AuditEvent(action, actor, subject, at, {**named, **details}, zone_guid=user.zone.guid)


def role_event(
    action: Action, actor: Actor, zone: Zone, key: RoleKey, at: datetime, **details: object
) -> AuditEvent:
    """Return the event of a change of a custom role."""
    subject = Subject(SubjectKind.ROLE, key.name)
    named = {"application": key.app_id, "template": key.template}
    return AuditEvent(action, actor, subject, at, {**named, **details}, zone_guid=zone.guid)
