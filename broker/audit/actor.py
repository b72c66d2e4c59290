"""The actor of an event: a platform, command-line user, client, user or background task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_MAX_REFERENCE = 255


class ActorKind(StrEnum):
    """The kind of an actor."""

    PLATFORM = "platform"
    COMMAND_LINE = "command-line"
    CLIENT = "client"
    USER = "user"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The originator of a request or task.

    ``id`` is the platform's name, the operating system's user, the client id, the id of a zone's
    user, or the name of the background task. ``platform`` is the one whose service instances the
    actor may access, '' for none; ``identity`` is the originating identity as the platform sent it,
    or the credential, and for a user the client, by which a request reached an administration API.
    ``scopes`` are those of such a request; they are not recorded.
    """

    kind: ActorKind | str
    id: str
    platform: str = ""
    identity: Mapping[str, Any] | None = None
    correlation_id: str = ""
    scopes: frozenset[str] = frozenset()

    @property
    def user(self) -> str:
        """The user of a platform's request: the id on Cloud Foundry, the name on Kubernetes."""
        value = (self.identity or {}).get("value")
        named = value if isinstance(value, Mapping) else {}
        return str(named.get("user_id") or named.get("username") or "")

    @property
    def reference(self) -> str:
        """Kind and id, for rows that name their creator; at most 255 characters."""
        return f"{self.kind}:{self.id}"[:_MAX_REFERENCE]

    def __str__(self) -> str:
        """Return the actor's display name, with the platform's user if there is one."""
        return f"{self.user}@{self.id}" if self.user else self.id


def platform_actor(
    name: str, identity: Mapping[str, Any] | None = None, correlation_id: str = ""
) -> Actor:
    """Return the actor of an OSB request."""
    return Actor(ActorKind.PLATFORM, name, name, identity, correlation_id)


def client_actor(client_id: str) -> Actor:
    """Return the actor of an OAuth client's own request."""
    return Actor(ActorKind.CLIENT, client_id)


def system_actor(task: str) -> Actor:
    """Return the actor of a background task or of the start-up."""
    return Actor(ActorKind.SYSTEM, task)
