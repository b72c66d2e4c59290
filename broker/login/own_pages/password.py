"""``/change-password``: the user changes its own password."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from flask import Response, request

from broker.authentication.passwords.check import PasswordAttempt
from broker.errors import Busy, TooManyFailures
from broker.identity.password_hash import normalized
from broker.identity.password_policy import PasswordRefused
from broker.login.authorization.response import redirect_within
from broker.login.own_pages.account import done
from broker.login.own_pages.own_session import FORM, url_of
from broker.login.pages.later import form_for_later
from broker.login.pages.new_password import DIFFERENT, new_password, refusal
from broker.login.pages.views import (
    ACCOUNT,
    CHANGE_PASSWORD_ACTION,
    ChangePasswordPage,
    Message,
)
from broker.login.single_value import single

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.authentication.passwords.change import ChangeOwnPassword
    from broker.authentication.session import Session
    from broker.identity.password_policy import PasswordPolicy
    from broker.login.own_pages.own_session import OwnSession

_WRONG: Final = Message("password.wrong")
_SAME: Final = Message("password.same")


@dataclass(frozen=True, slots=True)
class OwnPassword:
    """Changes the password of the user of the browser's session."""

    own: OwnSession
    change: ChangeOwnPassword
    policy: PasswordPolicy
    address_of_request: Callable[[], str]

    def show(self) -> Response:
        """Return the form; users of identity providers have no password to change."""
        session = self.own.of_page(CHANGE_PASSWORD_ACTION)
        if isinstance(session, Response):
            return session
        if not session.user.is_local:
            return redirect_within(url_of(ACCOUNT, session.user.zone))
        return self._page(session)

    def __call__(self) -> Response:
        """Return the response to the form of the current request; raise BrokerError."""
        session = self.own.of_form(CHANGE_PASSWORD_ACTION)
        if isinstance(session, Response):
            return session
        current = single(request.form.getlist("current_password"))
        password = new_password(request.form)
        if password is None:
            return self._page(session, DIFFERENT, 400)
        if normalized(password) == normalized(current):
            return self._page(session, _SAME, 400)
        try:
            changed = self.change(session, self._attempt(session, current), password)
        except PasswordRefused as error:
            return self._page(session, refusal(error, self.policy), 400)
        except (Busy, TooManyFailures) as error:
            return form_for_later(error, partial(self._page, session))
        if changed is None:
            return self._page(session, _WRONG, 403)
        value, renewed = changed
        response = done(renewed, "password")
        self.own.browser.set_session(response, renewed, value)
        return response

    def _attempt(self, session: Session, password: str) -> PasswordAttempt:
        user, cookies = session.user, self.own.browser.cookies
        device = request.cookies.get(cookies.device(user.zone.index), "")
        return PasswordAttempt(
            user.zone, user.name, password, self.address_of_request(), device=device
        )

    def _page(
        self,
        session: Session,
        error: Message | None = None,
        status: int = 200,
    ) -> Response:
        zone = session.user.zone
        page = ChangePasswordPage(
            zone_name=zone.subdomain,
            zone=zone.guid,
            csrf=self.own.browser.csrf_token(FORM, session),
            user_name=session.user.name,
            min_length=self.policy.min_length,
            error=error,
        )
        return self.own.page(zone, page, status=status)
