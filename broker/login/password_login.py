"""The login with a password of the zone: ``POST /login.do`` (I-94, I-16 to I-21)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from flask import request

from broker.authentication.passwords import sources as source_of
from broker.authentication.passwords.check import LogonStore, PasswordAttempt
from broker.errors import TooManyFailures
from broker.login.browser.cookies import DEVICE_LIFETIME
from broker.login.flow import FlowStore
from broker.login.login_page import FORM
from broker.login.pages.later import form_for_later
from broker.login.pages.views import Message
from broker.login.single_value import single
from broker.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from broker.authentication.passwords.check import CheckedPassword, PasswordCheck
    from broker.authentication.session import Session
    from broker.credentials.digest import DigestKeys
    from broker.errors import Busy
    from broker.identity.zone import Zone
    from broker.login.flow import LoginFlow
    from broker.login.login_page import Login
    from broker.login.password_change import PasswordChange

_MAX_SHOWN_NAME = 255


class PasswordLoginStore(LogonStore, FlowStore, Protocol):
    """The repositories of this module."""


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """Checks a password and continues the login; a failure shows the form again."""

    transactions: Transactions[PasswordLoginStore]
    flow: LoginFlow
    check: PasswordCheck
    change: PasswordChange
    keys: DigestKeys
    address_of_request: Callable[[], str]

    def __call__(self) -> Response:
        """Return the response to the form of the current request; raise PageError and Busy."""
        pending, _ = self.flow.opened(FORM)
        login = self.flow.login(pending)
        self.flow.login_pages.require_local(login)
        name, password = _field("username"), _field("password")
        try:
            checked = self.check(
                PasswordAttempt(
                    login.zone,
                    name,
                    password,
                    self.address_of_request(),
                    device=self._presented(login.zone),
                )
            )
        except TooManyFailures as error:
            return form_for_later(error, partial(self._again, login, name))
        if checked is None:
            return self._wrong(login, name)
        if checked.password.is_change_required:
            # The password is right: its counters must not delay the next logon.
            self.transactions.run(checked.clear)
            return self.change.page(login, checked.user, checked.password)
        return self._log_on(login, name, checked)

    def busy(self, error: Busy) -> Response:
        """Return the form again, because too many passwords are being checked."""
        pending, _ = self.flow.opened(FORM)
        login = self.flow.login(pending)
        return form_for_later(error, partial(self._again, login, _field("username")))

    def _log_on(self, login: Login, name: str, checked: CheckedPassword) -> Response:
        zone, presented = login.zone, self._presented(login.zone)
        previous = self.flow.browser.stored_session(zone)
        device, source = source_of.device_cookie(
            self.keys, presented, checked.user, checked.password
        )

        def complete(store: PasswordLoginStore) -> tuple[str, Session] | None:
            if not checked.complete(store):
                return None
            # As it is after the hash: its roles may have changed meanwhile (D-39).
            user = store.users.at(checked.user.row_id)
            if user is None or not (user.is_active and user.provider_is_active):
                return None
            if source is not None:
                store.known_sources.remember(user, (source,), store.time())
            return self.flow.sessions.begin(
                store, user, user.amr, previous=previous, client_id=login.pending.client_id
            )

        begun = self.transactions.run(complete)
        if begun is None:
            return self._wrong(login, name)
        value, session = begun
        response = self.flow.begun(session, value, login.pending)
        self._set_device(response, zone, device)
        return response

    def _wrong(self, login: Login, name: str) -> Response:
        return self._again(login, name, Message("login.wrong"), 401)

    def _again(self, login: Login, name: str, error: Message, status: int) -> Response:
        shown = name if len(name) <= _MAX_SHOWN_NAME and name.isprintable() else ""
        return self.flow.login_pages.response(login, error=error, user_name=shown, status=status)

    def _presented(self, zone: Zone) -> str:
        return request.cookies.get(self.flow.browser.cookies.device(zone.index), "")

    def _set_device(self, response: Response, zone: Zone, value: str) -> None:
        browser = self.flow.browser
        is_framed = bool(browser.iframe_domains(zone))
        name = browser.cookies.device(zone.index)
        browser.cookies.set(response, name, value, DEVICE_LIFETIME, is_framed=is_framed)


def _field(name: str) -> str:
    return single(request.form.getlist(name))
