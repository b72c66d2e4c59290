"""The rights of a user at a client, as they appear in tokens (D-39)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from broker.identity.client import Client
from broker.identity.client_settings import ClientSettings
from broker.identity.user import User


@dataclass(frozen=True, slots=True)
class Rights:
    """Scopes, and the claims ``xs.user.attributes`` and ``xs.system.attributes``."""

    scopes: tuple[str, ...]
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    system_attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


class UserRights(Protocol):
    """The one function that decides rights (D-39)."""

    def of(
        self,
        user: User,
        client: Client,
        settings: ClientSettings,
        requested: str = "",
        limit: Collection[str] | None = None,
    ) -> Rights:
        """Return the user's rights at the client, from the database as currently committed.

        ``requested`` is the parameter ``scope``, with spaces or commas; ``limit`` restricts the
        result further, to the scopes of a refresh token. Raises GrantRefused (``invalid_scope``)
        for a requested scope that the client cannot have, and if no requested scope is left (O-47).
        """
