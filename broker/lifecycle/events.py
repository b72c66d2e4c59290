"""Audit events about service instances and their bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.audit.event import AuditEvent, Outcome, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.audit.event import Action
    from broker.instances.model import Instance
    from broker.pki.issuing import AuthorityStore

_MAX_REASON = 1000


def instance_event(
    action: Action, actor: Actor, instance: Instance, at: datetime, **details: Any
) -> AuditEvent:
    """Return the event of an action on an instance."""
    return AuditEvent(
        action,
        actor,
        Subject(SubjectKind.INSTANCE, instance.instance_id),
        at,
        details,
        zone_guid=instance.client.zone.guid,
        instance_id=instance.instance_id,
    )


def refused_event(
    action: Action, actor: Actor, instance: Instance, at: datetime, reason: str, **details: Any
) -> AuditEvent:
    """Return the event of a refused action on an instance."""
    return AuditEvent(
        action,
        actor,
        Subject(SubjectKind.INSTANCE, instance.instance_id),
        at,
        {"reason": reason[:_MAX_REASON], **details},
        Outcome.REFUSED,
        zone_guid=instance.client.zone.guid,
        instance_id=instance.instance_id,
    )


def binding_event(
    action: Action,
    actor: Actor,
    instance: Instance,
    binding_id: str,
    at: datetime,
    **details: Any,
) -> AuditEvent:
    """Return the event of an action on a binding of the instance."""
    return AuditEvent(
        action,
        actor,
        Subject(SubjectKind.BINDING, binding_id),
        at,
        details,
        zone_guid=instance.client.zone.guid,
        instance_id=instance.instance_id,
        binding_id=binding_id,
    )


def authority_events(
    action: Action, authorities: AuthorityStore, actor: Actor, at: datetime
) -> Iterator[AuditEvent]:
    """Yield an event for each certificate authority added in this transaction."""
    for added in authorities.added:
        yield AuditEvent(
            action,
            actor,
            Subject(SubjectKind.AUTHORITY, added.thumbprint),
            at,
            {"role": added.role, "subject": added.parsed.subject.rfc4514_string()},
        )
