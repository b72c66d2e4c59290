"""Audit events of changes of users (I-10, I-160)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.audit.event import Action, AuditEvent, Subject, SubjectKind

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.identity.user import User


def user_event(
    action: Action, actor: Actor, user: User, now: datetime, **details: object
) -> AuditEvent:
    """Return the event of a change; details always contain the user's name and origin."""
    return AuditEvent(
        action,
        actor,
        Subject(SubjectKind.USER, user.user_id),
        now,
        {"name": user.name, "origin": user.origin, **details},
        zone_guid=user.zone.guid,
    )
