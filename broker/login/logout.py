"""``/logout.do``: ends sessions, here and at identity providers (I-50, I-101 to I-103, O-114)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import structlog
from flask import Response, request

from broker.authentication.session import WithSessions
from broker.compact_json import compact_json
from broker.descriptor.names import is_client_id
from broker.errors import BrokerError
from broker.identity.user import LOCAL_ORIGIN
from broker.login.authorization.response import redirect_to
from broker.login.login_page import ProviderStore
from broker.login.logout_request import LogoutRequest
from broker.login.own_zone import WithZones
from broker.login.pages.headers import form_targets_for
from broker.login.pages.views import LOGOUT_ACTION, LoggedOutPage, LogoutPage
from broker.login.speculative import refuse_speculative
from broker.logs.structured import add_to_subject
from broker.redirects.logout import logout_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint

    from broker.authentication.session import Session
    from broker.clock import Clock
    from broker.credentials.browser_values import BrowserValues
    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.login.authorization.client_host import HostsOfClients
    from broker.login.authorization.target import Clients
    from broker.login.browser.browser import Browser
    from broker.login.endpoints import Turns
    from broker.login.pages.rendering import Pages
    from broker.redirects.requested import RequestedRedirects
    from broker.tokens.id_token_hint import Hint, IdTokenHints
    from broker.tokens.ports import SettingsOfClients
    from broker.transactions import Transactions

_log = structlog.get_logger(__name__)

FORM = "logout"
"""The name of the confirmation form."""

_KIND = "logout"
_CONTINUES_WITHIN = 600
"""Seconds that the user may spend at the identity provider."""


class LogsOutAtProvider(Protocol):
    """Builds the URL at which a user logs out at the identity provider."""

    def url(
        self, zone: Zone, origin: str, id_token: str | None, return_to: str, state: str
    ) -> str | None:
        """Return the URL, None if the provider has no logout; raise BrokerError."""


class LogoutStore(WithSessions, WithZones, ProviderStore, Protocol):
    """What a logout reads."""


class _AtProvider(NamedTuple):
    """A session that an identity provider began, and its id token."""

    session: Session
    id_token: str | None


@dataclass(frozen=True, slots=True)
class Logout:
    """Ends the browser's sessions and decides where the browser goes."""

    browser: Browser
    pages: Pages
    store: Transactions[LogoutStore]
    clients: Clients
    settings: SettingsOfClients
    redirects: RequestedRedirects
    hints: IdTokenHints
    provider_logout: LogsOutAtProvider
    hosts: HostsOfClients
    values: BrowserValues
    clock: Clock

    def __call__(self) -> Response:
        """Return the response to the current request; raise PageError.

        Without a client the user confirms (I-102): any site can send a browser here.
        """
        asked = LogoutRequest.read()
        continued = self._continuation(asked)
        if continued is not None:
            return continued
        client = self._client(asked)
        sessions = self.browser.stored_sessions(None if client is None else client.zone)
        if client is None and sessions and not self._is_confirmed(sessions):
            return self._confirmation(asked, sessions[0])
        zone = self._zone(client, sessions)
        at_provider = self._with_provider(sessions)
        for session in sessions:
            self.browser.sessions.end(session)
        target = self._target(asked, client, zone)
        response = self._leave(zone, target, at_provider)
        self._delete_cookies(response, client, sessions)
        return response

    def _client(self, asked: LogoutRequest) -> Client | None:
        """Return the client that the request identifies, None if it contradicts itself."""
        hint = self.hints.read(asked.id_token_hint) if asked.id_token_hint else None
        client_id = asked.client_id or (hint.client_id if hint else "")
        client = self.clients.with_client_id(client_id) if is_client_id(client_id) else None
        if client is None:
            return None
        if hint is not None and not self._is_of(hint, client):
            return None
        self.hosts.require(client, self.browser.host())
        return client

    def _is_of(self, hint: Hint, client: Client) -> bool:
        is_own = hint.client_id == client.client_id
        return is_own and self.hosts.is_zone_of(client, hint.zone_guid)

    def _is_confirmed(self, sessions: Sequence[Session]) -> bool:
        return request.method == "POST" and any(
            self.browser.has_valid_csrf(FORM, session) for session in sessions
        )

    def _confirmation(self, asked: LogoutRequest, session: Session) -> Response:
        zone = session.user.zone
        page = LogoutPage(
            zone_name=zone.subdomain,
            csrf=self.browser.csrf_token(FORM, session),
            user_name=session.user.name,
            fields=asked.fields,
        )
        return self.pages.response(
            page,
            # The form leads to an application or an identity provider (I-90).
            form_targets=form_targets_for(asked.target, is_secure=self.browser.cookies.is_secure),
            frame_ancestors=self.browser.iframe_domains(zone),
        )

    def _zone(self, client: Client | None, sessions: Sequence[Session]) -> Zone | None:
        if client is not None:
            return client.zone
        if sessions:
            return sessions[0].user.zone
        named = self.browser.subdomain()
        return None if named is None else self.store.read(lambda store: store.zones.named(named))

    def _with_provider(self, sessions: Sequence[Session]) -> _AtProvider | None:
        """Return the first session of an identity provider; before it ends, for its id token."""
        session = next((each for each in sessions if each.user.origin != LOCAL_ORIGIN), None)
        if session is None:
            return None
        try:
            id_token = self.store.read(lambda store: store.sessions.id_token(session))
        except BrokerError as error:
            # The session ends regardless: a provider accepts a logout without the hint.
            _log.warning("no id token for the identity provider", exc_info=error)
            id_token = None
        return _AtProvider(session, id_token)

    def _target(self, asked: LogoutRequest, client: Client | None, zone: Zone | None) -> str | None:
        if zone is None:
            return None
        settings = self.store.read(lambda store: store.zone_settings.of(zone))
        of_client = self.settings.of(client).redirect_uris if client else ()
        entries = self.redirects.entries([*of_client, *settings.logout_redirects])
        found = logout_target(asked.target, entries, settings.home_redirect, asked.state)
        if found.refused:
            add_to_subject(refused_target=found.refused)
        return found.uri

    def _leave(
        self, zone: Zone | None, target: str | None, at_provider: _AtProvider | None
    ) -> Response:
        """Return the response: to the provider, which redirects back here, or to the target."""
        if at_provider is not None:
            url = self._provider_url(at_provider, target)
            if url is not None:
                return _redirect(url)
        if target is not None:
            return _redirect(target)
        provider = self._provider_name(at_provider.session.user) if at_provider else ""
        return self._logged_out(zone.subdomain if zone else "", provider)

    def _provider_name(self, user: User) -> str:
        stored = self.store.read(lambda store: store.providers.of_zone(user.zone))
        names = (each.name for each in stored if each.origin == user.origin)
        return next(names, user.origin)

    def _provider_url(self, at_provider: _AtProvider, target: str | None) -> str | None:
        user = at_provider.session.user
        content = {
            "to": target or "",
            "zone": user.zone.subdomain,
            "until": int(self.clock.now().timestamp()) + _CONTINUES_WITHIN,
        }
        origin = self.browser.origin()
        state = self.values.seal(_KIND, compact_json(content), origin)
        return_to = f"{origin}{LOGOUT_ACTION}"
        try:
            return self.provider_logout.url(
                user.zone, user.origin, at_provider.id_token, return_to, state
            )
        except BrokerError as error:
            # The local logout never fails because of the provider; the page names it.
            _log.warning("no logout at the identity provider", origin=user.origin, exc_info=error)
            return None

    def _continuation(self, asked: LogoutRequest) -> Response | None:
        """Return the response after the logout at the provider, None to any other request."""
        if not asked.has_only_state:
            return None
        content = self.values.open(_KIND, asked.state, self.browser.origin())
        found: dict[str, Any] = json.loads(content) if content else {}
        if not found or found["until"] < self.clock.now().timestamp():
            return None
        return _redirect(found["to"]) if found["to"] else self._logged_out(found["zone"])

    def _logged_out(self, zone_name: str, provider: str = "") -> Response:
        return self.pages.response(LoggedOutPage(zone_name=zone_name, provider=provider))

    def _delete_cookies(
        self, response: Response, client: Client | None, sessions: Sequence[Session]
    ) -> None:
        """Delete the cookies of the ended sessions, and of those that are unknown."""
        cookies = self.browser.cookies
        ended = {session.user.zone.index for session in sessions}
        for session in sessions:
            self.browser.delete_session(response, session.user.zone)
        for index, _ in cookies.sessions_in(request.cookies):
            if index not in ended and (client is None or client.zone.index == index):
                cookies.delete(response, cookies.session(index))


def add_logout(blueprint: Blueprint, logout: Logout, turns: Turns) -> None:
    """Serve ``/logout.do``.

    Browsers navigate here. Pages of other origins cannot read it (O-117): without credentials
    their requests carry no session, and with them any listed origin could end sessions unasked.
    """

    @blueprint.route(LOGOUT_ACTION, methods=["GET", "POST"])
    def log_out() -> Response:
        if (refused := refuse_speculative()) is not None:
            return refused
        with turns.short():
            return logout()


def _redirect(uri: str) -> Response:
    return redirect_to(uri, HTTPStatus.SEE_OTHER if request.method == "POST" else HTTPStatus.FOUND)
