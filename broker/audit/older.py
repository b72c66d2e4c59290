"""Conversion of events that versions before 0.2 wrote.

Their rows and log entries remain after an upgrade, and workers of such a version may still write
them during a rolling upgrade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES = "credential-types: "
_COMMAND_LINE = "command line"


def older_actor(platform: str, identity: Mapping[str, Any] | None, correlation_id: str) -> Actor:
    """Return the actor of an event without an actor kind."""
    identity = identity or {}
    if identity.get("platform") == _COMMAND_LINE:
        value = identity.get("value")
        named = value if isinstance(value, dict) else {}
        user = str(named.get("username") or named.get("user") or "")
        return Actor(ActorKind.COMMAND_LINE, user, platform, None, correlation_id)
    if "client_id" in identity:
        return Actor(ActorKind.CLIENT, str(identity["client_id"]))
    if not platform or platform == "operator":
        return Actor(ActorKind.SYSTEM, platform, "", None, correlation_id)
    return Actor(ActorKind.PLATFORM, platform, platform, identity or None, correlation_id)


def older_subject(instance_id: str, binding_id: str, identity: Mapping[str, Any] | None) -> Subject:
    """Return the subject of an event without a subject kind."""
    identity = identity or {}
    if "client_id" in identity:
        return Subject(SubjectKind.CLIENT, str(identity["client_id"]))
    if binding_id:
        return Subject(SubjectKind.BINDING, binding_id)
    if instance_id:
        return Subject(SubjectKind.INSTANCE, instance_id)
    keys = identity.get("signing_keys")
    if isinstance(keys, list):
        return Subject(SubjectKind.SIGNING_KEY, ", ".join(map(str, keys)))
    return Subject(SubjectKind.AUTHORITY)


def older_details(detail: str, identity: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the details that an old detail text and identity encode."""
    identity = identity or {}
    found = {name: identity[name] for name in ("token_id", "all_tokens") if name in identity}
    if "signing_keys" in identity:
        found["changed"] = identity["signing_keys"]
    if detail.startswith(_TYPES):
        found["credential_types"] = detail.removeprefix(_TYPES).split(", ")
    elif detail:
        found["text"] = detail
    return found
