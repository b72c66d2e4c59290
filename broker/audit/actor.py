"""Who causes an event: one form for platforms, commands, clients and background tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ActorKind(StrEnum):
    """What kind of actor an event names."""

    PLATFORM = "platform"
    COMMAND_LINE = "command-line"
    CLIENT = "client"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something.

    ``id`` is the platform's name, the operating system's user, the client id, or the name of the
    background task. ``platform`` is the one whose service instances may be touched, '' for none;
    ``identity`` the originating identity as the platform sent it.
    """

    kind: ActorKind | str
    id: str
    platform: str = ""
    identity: Mapping[str, Any] | None = None
    correlation_id: str = ""

    @property
    def user(self) -> str:
        """The user behind a platform's request: of Cloud Foundry the id, of Kubernetes the name."""
        value = (self.identity or {}).get("value")
        named = value if isinstance(value, Mapping) else {}
        return str(named.get("user_id") or named.get("username") or "")

    def __str__(self) -> str:
        """Name the actor for people, with the user that the platform names."""
        return f"{self.user}@{self.id}" if self.user else self.id


def platform_actor(
    name: str, identity: Mapping[str, Any] | None = None, correlation_id: str = ""
) -> Actor:
    """Return the actor of an OSB request."""
    return Actor(ActorKind.PLATFORM, name, name, identity, correlation_id)


def client_actor(client_id: str) -> Actor:
    """Return an OAuth client that asks for itself."""
    return Actor(ActorKind.CLIENT, client_id)


def system_actor(task: str) -> Actor:
    """Return the product itself, in one of its background tasks or at its start."""
    return Actor(ActorKind.SYSTEM, task)
