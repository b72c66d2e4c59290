"""Logout at the identity provider: RP-initiated logout (I-50)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.identity.zone import Zone


@dataclass(frozen=True, slots=True)
class ProviderLogout:
    """Builds the URL at which a user logs out at the identity provider."""

    def url(
        self, zone: Zone, origin: str, id_token: str | None, return_to: str, state: str
    ) -> str | None:
        """Return the URL, None if the provider has no logout or is unknown now.

        ``id_token``: the provider's, of the ended session; ``return_to``: the absolute URL to
        which the provider redirects, registered there; ``state`` returns with it.
        """
        raise NotImplementedError
