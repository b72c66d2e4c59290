"""Logout at the identity provider: RP-initiated logout (I-50)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from broker.relying_party.network.connection import Budget
from broker.relying_party.provider_state import usable_provider

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from broker.relying_party.logon import ProviderLogon

_MAX_HINT = 4096
_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class ProviderLogout:
    """Builds the URL at which a user logs out at the identity provider."""

    logon: ProviderLogon

    def url(
        self, zone: Zone, origin: str, id_token: str | None, return_to: str, state: str
    ) -> str | None:
        """Return the URL, None if the provider has no logout.

        ``id_token``: the provider's, of the ended session; ``return_to``: the absolute URL to
        which the provider redirects, registered there; ``state`` returns with it. Raises
        BrokerError if the provider cannot be used or reached.
        """
        logon = self.logon
        current = logon.transactions.read(lambda store: usable_provider(store, zone.guid, origin))
        configuration = current.configuration
        if not configuration.perform_rp_initiated_logout:
            return None
        endpoints = logon.discovery.of(
            configuration, Budget(_SECONDS, zone.guid), has_users=current.has_users
        )
        logout = configuration.logout_url or endpoints.logout
        if logout is None:
            return None
        logon.http.rules.target(logout)
        if current.has_users and logout != endpoints.logout:
            # An id token can be exchanged (I-120): it is sent to the issuer's endpoint only (D-46).
            id_token = None
        parameters = {
            "client_id": configuration.relying_party_id,
            "post_logout_redirect_uri": return_to,
            "state": state,
        }
        if id_token is not None and len(id_token) <= _MAX_HINT:
            parameters = {"id_token_hint": id_token, **parameters}
        separator = "&" if "?" in logout else "?"
        return f"{logout}{separator}{urlencode(parameters)}"
