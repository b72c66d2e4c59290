"""The client of an authorization request, and where its response goes (I-61 to I-64)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.descriptor.model import GrantType
from broker.descriptor.names import is_client_id
from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem
from broker.logs.structured import add_to_subject
from broker.redirects.uri import InvalidUri, parse_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.login.authorization.client_host import HostsOfClients
    from broker.redirects.requested import RequestedRedirects
    from broker.tokens.ports import SettingsOfClients

_SHOWN = 64


class Clients(Protocol):
    """Finds clients."""

    def with_client_id(self, client_id: str) -> Client | None:
        """Return the client of any zone; exactly one statement."""


@dataclass(frozen=True, slots=True)
class Target:
    """A client and the redirect URI at which it receives the response.

    ``given_uri`` is the parameter as sent, None without one: the exchange of the code must repeat
    it. ``state`` returns unchanged.
    """

    client: Client
    settings: ClientSettings
    uri: str
    given_uri: str | None
    state: str | None

    @property
    def application(self) -> str:
        """The name of the application: its application id without the zone's index."""
        return self.client.app_id.partition("!")[0]


@dataclass(frozen=True, slots=True)
class FindTarget:
    """Checks client and redirect URI; every failure is a page, because no URI is trusted yet."""

    clients: Clients
    settings: SettingsOfClients
    hosts: HostsOfClients
    redirects: RequestedRedirects

    def __call__(self, parameters: Mapping[str, str], host: str) -> Target:
        """Return the target; ``host`` is the ``Host`` header.

        Raises PageError, and ZoneNotFound or HostMoved if the client is of another zone.
        """
        client = self.client(parameters.get("client_id"))
        name = client.zone.subdomain
        self.hosts.require(client, host)
        if GrantType.AUTHORIZATION_CODE not in client.grant_types:
            raise PageError(
                Problem.NO_BROWSER_LOGON,
                "A redirect_uri can only be used by implicit or authorization_code grant types.",
                zone_name=name,
            )
        settings = self.settings.of(client)
        given = parameters.get("redirect_uri")
        uri = self._only(client, settings) if given is None else given
        if given is not None:
            self._require_registered(client, settings, given)
        return Target(client, settings, uri, given, parameters.get("state"))

    def client(self, client_id: str | None) -> Client:
        """Return the client with this id; raise PageError."""
        if client_id is None:
            raise PageError(Problem.UNKNOWN_APPLICATION, "The parameter client_id is missing.")
        client = self.clients.with_client_id(client_id) if is_client_id(client_id) else None
        if client is None:
            shown = client_id[:_SHOWN]
            raise PageError(Problem.UNKNOWN_APPLICATION, f"No client with requested id: {shown}")
        add_to_subject(client_id=client.client_id)
        return client

    def _only(self, client: Client, settings: ClientSettings) -> str:
        uri = self.redirects.only(settings.redirect_uris)
        if uri is None:
            raise _refused(client, "Client registration is missing redirect_uri")
        return uri

    def _require_registered(self, client: Client, settings: ClientSettings, given: str) -> None:
        try:
            parse_uri(given)
        except InvalidUri as error:
            raise _refused(client, f"The redirect_uri is invalid: {error}") from None
        nearest, entry = self.redirects.find(given, settings.redirect_uris)
        if not nearest.matches:
            add_to_subject(nearest_redirect_uri=entry, differences=list(nearest.differences))
            raise _refused(
                client, f"Invalid redirect: {given} does not match one of the registered values"
            )


def _refused(client: Client, text: str) -> PageError:
    return PageError(Problem.REDIRECT, text, zone_name=client.zone.subdomain)
