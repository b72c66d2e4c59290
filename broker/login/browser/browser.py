"""The browser of the current request: its sessions, and the binding of its forms."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flask import g, request

from broker.login.browser.cookies import LOGIN_LIFETIME, MAX_VALUE
from broker.login.browser.csrf import FIELD, is_of_same_origin
from broker.login.single_value import single
from broker.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

    from broker.addresses import Addresses
    from broker.authentication.session import Session, Sessions
    from broker.identity.zone import Zone
    from broker.identity.zone_settings import ZoneSettings
    from broker.login.browser.cookies import Cookies
    from broker.login.browser.csrf import Csrf

_BINDING = re.compile(r"[A-Za-z0-9_\-]{43}")
_BINDING_BYTES = 32
_SESSIONS, _NEW_BINDING = "xsuaa_sessions", "xsuaa_binding"


class ReadsZoneSettings(Protocol):
    """Reads the settings of zones."""

    def of(self, zone_: Zone, /) -> ZoneSettings:
        """Return the settings of the zone, the defaults if it has not changed any."""


class WithZoneSettings(Protocol):
    """A transaction that reads the settings of zones."""

    @property
    def zone_settings(self) -> ReadsZoneSettings:
        """The repository of settings."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Reads and sets the cookies of the current request's browser."""

    cookies: Cookies
    csrf: Csrf
    sessions: Sessions
    settings: Transactions[WithZoneSettings]
    addresses: Addresses

    def session(self, zone: Zone) -> Session | None:
        """Return the browser's live session in the zone; one look-up in a request."""
        return self.session_numbered(zone.index)

    def session_numbered(self, zone_index: int) -> Session | None:
        """Return the browser's live session in the zone with this index."""
        name = self.cookies.session(zone_index)
        return self._numbered(zone_index, request.cookies.get(name, ""))

    def all_sessions(self) -> Sequence[Session]:
        """Return the live sessions in all zones of this host."""
        found = self.cookies.sessions_in(request.cookies)
        live = (self._numbered(index, value) for index, value in found)
        return [session for session in live if session is not None]

    def stored_sessions(self, zone: Zone | None) -> Sequence[Session]:
        """Return the sessions to log out, live or expired: in the zone, else in all of this host.

        They authenticate no request.
        """
        cookies: Mapping[str, str] = request.cookies
        if zone is not None:
            name = self.cookies.session(zone.index)
            cookies = {name: cookies.get(name, "")}
        values = self.cookies.sessions_in(cookies)
        found = [self.sessions.stored(index, value) for index, value in values]
        return [session for session in found if session is not None]

    def stored_session(self, zone: Zone) -> Session | None:
        """Return the session that a logon in the zone replaces, live or expired."""
        return next(iter(self.stored_sessions(zone)), None)

    def iframe_domains(self, zone: Zone) -> tuple[str, ...]:
        """Return the origins whose pages may show the zone's pages in frames (I-87)."""
        return self.settings.read(lambda store: store.zone_settings.of(zone)).iframe_domains

    def set_session(self, response: Response, session: Session, value: str) -> None:
        """Set the session cookie to a value of ``Sessions.begin``."""
        zone = session.user.zone
        name, is_framed = self.cookies.session(zone.index), bool(self.iframe_domains(zone))
        self.cookies.replace(response, name, value, is_framed=is_framed)
        self._cache()[zone.index] = session

    def end(self, response: Response, session: Session) -> None:
        """End the session, and delete its cookie."""
        self.sessions.end(session)
        self.delete_session(response, session.user.zone)

    def delete_session(self, response: Response, zone: Zone) -> None:
        """Delete the session cookie of the zone."""
        self.cookies.delete(response, self.cookies.session(zone.index))
        self._cache()[zone.index] = None

    def binding(self) -> str:
        """Return the value of the cookie before the login, '' if there is none."""
        value = request.cookies.get(self.cookies.login, "")
        return value if _BINDING.fullmatch(value) else ""

    def page_binding(self) -> str:
        """Return the binding for forms of a page; ``set_binding`` sets a missing cookie.

        Tabs share the cookie, so that each of them can be submitted.
        """
        known = self.binding() or g.get(_NEW_BINDING)
        if not known:
            known = secrets.token_urlsafe(_BINDING_BYTES)
            setattr(g, _NEW_BINDING, known)
        return str(known)

    def set_binding(self, response: Response, *, is_framed: bool) -> None:
        """Set the cookie before the login, or prolong it, with a page that has a form."""
        name, value = self.cookies.login, self.page_binding()
        self.cookies.set(response, name, value, LOGIN_LIFETIME, is_framed=is_framed)

    def csrf_token(self, form: str, session: Session | None = None) -> str:
        """Return the token for a form: of the session, else of the cookie before the login."""
        return self.csrf.token(self._owner(session) or self.page_binding(), form)

    def has_valid_csrf(self, form: str, session: Session | None = None) -> bool:
        """Return whether this browser sent the form from a page of this host (I-92).

        ``session`` is as for ``csrf_token``. A repeated field is invalid.
        """
        token = single(request.form.getlist(FIELD))
        owner = self._owner(session) or self.binding()
        return bool(owner) and self.is_own_origin() and self.csrf.is_valid(token, owner, form)

    def is_own_origin(self) -> bool:
        """Return whether the browser reports that a page of this host sent the request."""
        return is_of_same_origin(request.headers, self.origin())

    def origin(self) -> str:
        """Return the origin of this host: the zone's if the ``Host`` header names one."""
        named = self.subdomain()
        return self.addresses.shared_url if named is None else self.addresses.url(named)

    def subdomain(self) -> str | None:
        """Return the zone's subdomain that the ``Host`` header names, None on a shared host."""
        return self.addresses.zone_named_by(self.host())

    def host(self) -> str:
        """Return the ``Host`` header, bounded and in lower case; for comparisons only."""
        return request.headers.get("Host", "")[:MAX_VALUE].lower()

    @staticmethod
    def _owner(session: Session | None) -> str:
        return "" if session is None else f"session {session.row_id}"

    def _numbered(self, zone_index: int, value: str) -> Session | None:
        cache = self._cache()
        if zone_index not in cache:
            is_bounded = 0 < len(value) <= MAX_VALUE
            found = self.sessions.numbered(zone_index, value) if is_bounded else None
            cache[zone_index] = found
        return cache[zone_index]

    @staticmethod
    def _cache() -> dict[int, Session | None]:
        if _SESSIONS not in g:
            setattr(g, _SESSIONS, {})
        cache: dict[int, Session | None] = g.get(_SESSIONS)
        return cache
