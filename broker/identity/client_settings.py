"""What a client's descriptor and its zone's policy say about the client's users (I-G1)."""

from __future__ import annotations

from dataclasses import dataclass

SYSTEM_ATTRIBUTES = ("groups", "rolecollections")
"""The default of ``system-attributes``."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of a client that user grants need; validities are seconds.

    ``allowed_providers`` lists origins; None allows every provider, an empty list none (I-48).
    """

    redirect_uris: tuple[str, ...] = ()
    allowed_providers: tuple[str, ...] | None = None
    system_attributes: tuple[str, ...] = SYSTEM_ATTRIBUTES
    auto_approve: bool | tuple[str, ...] = True
    """True for all scopes, or the scopes that need no consent (I-99)."""
    refresh_token_validity: int | None = None
    """None for the configured default; the zone's policy is a maximum (D-43)."""
    max_access_token_validity: int | None = None
    max_refresh_token_validity: int | None = None
    user_scopes: tuple[str, ...] | None = None
    """The client's own scopes (``$XSAPPNAME.x``) and the platform scopes for its users (I-132).

    None, if they are unknown, allows every own scope and no platform scope.
    """
    default_idp: str | None = None
    """The origin of password grants without a hint (I-49)."""
    has_local_logon: bool = True
    """Whether the zone's own user store is active (I-45)."""
    rotates_refresh_tokens: bool = False
    has_one_refresh_token: bool = False
    """Whether only the newest refresh token of a user and client is valid (I-115)."""

    def allows_provider(self, origin: str) -> bool:
        """Return whether users of this provider may use the client (I-48)."""
        return self.allowed_providers is None or origin in self.allowed_providers
