"""The change of a password that an administrator demands at the next logon (I-21)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from flask import request

from broker.authentication.passwords.change import (
    ChangedPasswords,
    ChangedUsers,
    replace_own_password,
)
from broker.compact_json import compact_json
from broker.errors import Busy
from broker.identity.administered_zone import ZoneStore
from broker.identity.password_policy import PasswordRefused
from broker.identity.user import folded
from broker.login.flow import FlowStore
from broker.login.pages.errors import PageError
from broker.login.pages.later import form_for_later
from broker.login.pages.new_password import DIFFERENT, new_password, refusal
from broker.login.pages.problems import Problem
from broker.login.pages.views import ChangePasswordPage, Message
from broker.login.single_value import single
from broker.transactions import Transactions

if TYPE_CHECKING:
    from flask import Response

    from broker.authentication.passwords.hashing import PasswordHashing
    from broker.authentication.session import Session
    from broker.credentials.browser_values import BrowserValues
    from broker.identity.password import Password
    from broker.identity.set_password import SetPassword
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.login.flow import LoginFlow
    from broker.login.login_page import Login

FORM: Final = "change-password"
"""The form's name, to which its token is bound."""

_KIND = "password proof"
_LIFETIME = timedelta(minutes=30)
_MAX_PROOF = 512


class Users(ChangedUsers, Protocol):
    """The users whose passwords are changed."""

    def find(self, user_id: str, /) -> User | None:
        """Return the user with this id, of any zone."""


class ChangeStore(FlowStore, ZoneStore, Protocol):
    """The repositories of this module."""

    @property
    def users(self) -> Users:
        """The repository of users."""

    @property
    def passwords(self) -> ChangedPasswords:
        """The repository of passwords."""


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """Shows the form after the current password was checked, and sets the new password.

    The check is proven by a sealed value in the form, so that the password is typed once; it is
    bound to the browser and to the version of the password.
    """

    transactions: Transactions[ChangeStore]
    flow: LoginFlow
    set_password: SetPassword
    hashing: PasswordHashing
    values: BrowserValues

    def page(
        self,
        login: Login,
        user: User,
        password: Password,
        error: Message | None = None,
        status: int = 200,
    ) -> Response:
        """Return the form for a user whose current password was checked."""
        browser, flow = self.flow.browser, self.flow
        binding = browser.page_binding()
        content = [user.user_id, password.version, int(flow.clock.now().timestamp())]
        page = ChangePasswordPage(
            zone_name=login.zone.subdomain,
            csrf=browser.csrf_token(FORM),
            user_name=user.name,
            application=login.application,
            pending=flow.pending.seal(login.pending, binding),
            proof=self.values.seal(_KIND, compact_json(content), binding),
            min_length=self.set_password.policy.min_length,
            error=error,
        )
        return flow.session_pages.response(login, page, status=status)

    def __call__(self) -> Response:
        """Return the response to the form of the current request; raise PageError."""
        pending, _ = self.flow.opened(FORM)
        login = self.flow.login(pending)
        user, password = self._proven(login.zone)
        text = new_password(request.form)
        if text is None:
            return self.page(login, user, password, DIFFERENT, 400)
        try:
            # Before hashes, which take long.
            self.set_password.require_accepted(user, text)
            if self.hashing.verify(password.hash, text, is_first=True):
                return self.page(login, user, password, Message("password.same"), 400)
            phc = self.set_password.hash(text)
        except PasswordRefused as error:
            message = refusal(error, self.set_password.policy)
            return self.page(login, user, password, message, 400)
        except Busy as error:
            return form_for_later(error, partial(self.page, login, user, password))
        return self._changed(login, user, phc)

    def _changed(self, login: Login, user: User, phc: str) -> Response:
        previous = self.flow.browser.stored_session(login.zone)

        def change(store: ChangeStore) -> tuple[str, Session] | None:
            if not store.users.record_logon(user, store.time()):
                return None
            return replace_own_password(
                store,
                self.flow.sessions,
                user,
                phc,
                previous,
                client_id=login.pending.client_id,
            )

        begun = self.transactions.run(change)
        if begun is None:
            raise _expired()
        value, session = begun
        return self.flow.begun(session, value, login.pending)

    def _proven(self, zone: Zone) -> tuple[User, Password]:
        """Return the user and the password of the proof; raise PageError."""
        text = single(request.form.getlist("proof"))
        binding = self.flow.browser.binding()
        content = self.values.open(_KIND, text, binding) if len(text) <= _MAX_PROOF else None
        if content is None:
            raise _expired()
        user_id, version, at = json.loads(content)
        if self.flow.clock.now() >= datetime.fromtimestamp(at, UTC) + _LIFETIME:
            raise _expired()
        found = self.transactions.read(lambda store: _current(store, zone, user_id))
        if found is None or found[1].version != version:
            raise _expired()
        return found


def _current(store: ChangeStore, zone: Zone, user_id: str) -> tuple[User, Password] | None:
    user = store.users.find(user_id)
    if user is None or user.zone.row_id != zone.row_id or not user.is_active:
        return None
    current, password = store.passwords.for_logon(zone, folded(user.name)) or (None, None)
    if current is None or password is None or current.row_id != user.row_id:
        return None
    return current, password


def _expired() -> PageError:
    return PageError(Problem.EXPIRED, "The form is too old, or the password was changed meanwhile.")
