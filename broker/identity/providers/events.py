"""Audit events of changes of identity providers, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.audit.event import AuditEvent, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.audit.event import Action
    from broker.identity.providers.provider import Provider


def public_part(provider: Provider) -> dict[str, Any]:
    """Return what an event records of a provider."""
    return {
        "name": provider.name,
        "is_active": provider.is_active,
        "configuration": dict(provider.configuration),
    }


def differences(before: Provider, after: Provider) -> dict[str, Any]:
    """Return old and new values; unchanged members of the configuration are left out."""
    pairs = {
        "name": (before.name, after.name),
        "is_active": (before.is_active, after.is_active),
        **{
            key: (before.configuration.get(key), after.configuration.get(key))
            for key in sorted({*before.configuration, *after.configuration})
        },
    }
    changed = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
    return {
        "previous": {key: old for key, (old, _) in changed.items()},
        "changed": {key: new for key, (_, new) in changed.items()},
    }


def provider_event(
    action: Action, actor: Actor, provider: Provider, at: datetime, details: Mapping[str, Any]
) -> AuditEvent:
    """Return the event of a change of the provider."""
    return AuditEvent(
        action,
        actor,
        Subject(SubjectKind.PROVIDER, provider.origin),
        at,
        details,
        zone_guid=provider.zone.guid,
    )
