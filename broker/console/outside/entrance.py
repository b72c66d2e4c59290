"""The way into the console and out: choice of the zone, logon, logout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from flask import request

from broker.authorization.collections.built_in import WithBuiltIn
from broker.console.frame import HOME, LOG_IN, LOG_OUT, NOTICE, Frame
from broker.console.rendering import texts_of_request, view_response
from broker.console.view import View
from broker.errors import ZoneNotFound
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.zone import OPERATOR_INDEX
from broker.login.authorization.response import redirect_within
from broker.login.endpoints import read_form
from broker.login.own_zone import WithZones
from broker.login.pages.errors import foreign_form
from broker.login.pages.views import LOGOUT_ACTION
from broker.login.single_value import single
from broker.login.speculative import refuse_speculative
from broker.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint, Response

    from broker.authentication.session import Session
    from broker.console.outside.session import ConsoleSessions, Visit
    from broker.identity.zone import Zone
    from broker.login.endpoints import Turns

FORM: Final = "console"
"""The name of the forms, to which their tokens are bound."""

_OPERATOR: Final = "operator"
_MAX_NAME = 64
_WITHIN = re.compile(r"/console(?:[/?][!#-\[\]-~]{0,2000})?")
"""A path of this console: printable ASCII without quotation marks and backslashes."""


class EntranceStore(WithZones, WithBuiltIn, Protocol):
    """The repositories of this module."""


class LogsOn(Protocol):
    """Shows the login page."""

    def __call__(self, zone: Zone, destination: str, *, is_fresh: bool = False) -> Response:
        """Return the login page of the zone that leads to ``destination``."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Begins and ends the work in the console."""

    sessions: ConsoleSessions
    store: Transactions[EntranceStore]
    log_on: LogsOn

    def afresh(self, session: Session, destination: str) -> Response:
        """Return the login page for a session whose logon is too old for a dangerous action."""
        return self.log_on(session.user.zone, destination, is_fresh=True)

    def again(self, visit: Visit | None, destination: str) -> Response:
        """Return the page with which a user without logon continues."""
        zone = None
        if visit is not None and visit.session_row_id:
            zone = self._numbered(visit.zone_index)
        if zone is None:
            zone = self._of_host()
        return self.choice(destination) if zone is None else self._begin(zone, destination)

    def choice(self, destination: str) -> Response:
        """Return the page on which the user names the zone."""
        t = texts_of_request(self.sessions.clock.now())
        live = self.sessions.browser.all_sessions()
        model = {
            "to": destination,
            "zones": [each.user.zone for each in live if each.user.zone.index != OPERATOR_INDEX],
        }
        notice = t.notice(request.args.get(NOTICE, ""))
        frame = Frame(title=t("login.title"), path=LOG_IN, notice=notice)
        view = View(template="entrance", model=model)
        is_secure = self.sessions.browser.cookies.is_secure
        return view_response(view, frame, t, is_secure=is_secure)

    def begin(self) -> Response:
        """Return the login page of the zone in the request's parameters; raise ZoneNotFound."""
        destination = within(single(request.args.getlist("to")))
        if single(request.args.getlist("as")) == _OPERATOR:
            zone: Zone | None = self._numbered(OPERATOR_INDEX)
        else:
            name = single(request.args.getlist("zone")).strip()[:_MAX_NAME]
            if not name:
                return self.choice(destination)
            zone = self.store.read(lambda store: store.zones.named(name))
        if zone is None:
            raise ZoneNotFound
        return self._begin(zone, destination)

    def end(self) -> Response:
        """End the session of the form's user; raise PageError for a form of another site.

        A user of an identity provider continues with the logout there.
        """
        sessions = self.sessions
        session = sessions.of(sessions.visit())
        if session is None:
            response = redirect_within(LOG_IN)
        elif not sessions.browser.has_valid_csrf(FORM, session):
            raise foreign_form()
        elif session.user.origin != LOCAL_ORIGIN:
            response = redirect_within(LOGOUT_ACTION)
        else:
            response = redirect_within(f"{LOG_IN}?{NOTICE}=logged_out")
            sessions.browser.end(response, session)
        sessions.forget(response)
        return response

    def _begin(self, zone: Zone, destination: str) -> Response:
        response = self.log_on(zone, destination)
        self.sessions.begin(response, zone)
        return response

    def _numbered(self, index: int) -> Zone | None:
        return self.store.read(
            lambda store: (
                store.built_in.operator_zone()
                if index == OPERATOR_INDEX
                else store.zones.named(str(index))
            )
        )

    def _of_host(self) -> Zone | None:
        named = self.sessions.browser.subdomain()
        return None if named is None else self.store.read(lambda store: store.zones.named(named))


def within(path: str) -> str:
    """Return the path if it is one of this console, else its start page (TH-01)."""
    return path if _WITHIN.fullmatch(path) else HOME


def add_entrance(blueprint: Blueprint, entrance: Entrance, turns: Turns) -> None:
    """Serve login and logout."""

    def admitted(respond: Callable[[], Response]) -> Response:
        if (refused := refuse_speculative()) is not None:
            return refused
        with turns.short():
            return respond()

    @blueprint.get(LOG_IN)
    def log_in() -> Response:
        return admitted(entrance.begin)

    @blueprint.post(LOG_OUT)
    def log_out() -> Response:
        read_form()
        return admitted(entrance.end)
