"""Whether a user may obtain a token through a client, the same for every user grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.errors import GrantRefused

if TYPE_CHECKING:
    from broker.identity.client_settings import ClientSettings
    from broker.identity.user import User

NO_PROVIDER = "Client is not authorized for any identity providers."
OTHER_PROVIDER = "Client is not authorized for specified user's identity provider."
"""UAA's texts (I-48)."""


def require_admitted(user: User, client_settings: ClientSettings) -> None:
    """Raise GrantRefused with status 401 unless the user may use the client now.

    The user and the identity provider must be active (I-09, I-45), and the client must allow the
    provider (I-48). ``user`` is as currently stored: a grant reads it again at each use.
    """
    if not user.is_active:
        raise _refused("invalid_token", "The user is not active.")
    if not user.provider_is_active:
        raise _refused("invalid_token", "The identity provider of the user is not active.")
    if not client_settings.allows_provider(user.origin):
        text = OTHER_PROVIDER if client_settings.allowed_providers else NO_PROVIDER
        raise _refused("unauthorized", text)


def _refused(code: str, text: str) -> GrantRefused:
    return GrantRefused(code, text, is_unauthorized=True)
