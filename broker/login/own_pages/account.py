"""``/account``: the user's sessions and applications."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Response, request

from broker.login.authorization.response import redirect_within
from broker.login.own_pages.own_session import FORM, url_of
from broker.login.pages.views import ACCOUNT, AccountPage, ApplicationRow, Message, SessionRow
from broker.login.single_value import single

if TYPE_CHECKING:
    from broker.authentication.own_access import OwnAccess
    from broker.authentication.session import Session
    from broker.login.own_pages.own_session import OwnSession

NOTICE: Final = "done"
"""The parameter that names what the previous request has done."""

_NOTICES: Final = {
    "session": Message("account.ended"),
    "application": Message("account.revoked"),
    "password": Message("account.password_changed"),
}
_ROW_ID = re.compile("[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Shows and ends what the user has opened."""

    own: OwnSession
    access: OwnAccess

    def show(self) -> Response:
        """Return the page, or the login page."""
        session = self.own.of_page(ACCOUNT)
        return session if isinstance(session, Response) else self._page(session)

    def end_session(self) -> Response:
        """End the session in the form."""
        session = self.own.of_form(ACCOUNT)
        if isinstance(session, Response):
            return session
        self.access.end_session(session.user, _row_id("session"))
        return done(session, "session")

    def withdraw(self) -> Response:
        """Withdraw the consent to the application in the form."""
        session = self.own.of_form(ACCOUNT)
        if isinstance(session, Response):
            return session
        self.access.withdraw(session.user, _row_id("application"))
        return done(session, "application")

    def _page(self, session: Session) -> Response:
        user = session.user
        sessions, consents = self.access.of(user)
        page = AccountPage(
            zone_name=user.zone.subdomain,
            zone=user.zone.guid,
            csrf=self.own.browser.csrf_token(FORM, session),
            user_name=user.name,
            sessions=tuple(_session_row(each, session) for each in sessions),
            applications=tuple(
                ApplicationRow(str(each.client_row_id), each.app_id, each.scopes, each.granted_at)
                for each in consents
            ),
            has_password=user.is_local,
            lacks_groups=user.lacks_groups,
            notice=_NOTICES.get(request.args.get(NOTICE, "")),
        )
        return self.own.page(user.zone, page)


def done(session: Session, what: str) -> Response:
    """Return the redirect to the page, which states what was done: one of its notices."""
    return redirect_within(f"{url_of(ACCOUNT, session.user.zone)}&{NOTICE}={what}")


def _session_row(session: Session, current: Session) -> SessionRow:
    return SessionRow(
        key=str(session.row_id),
        began_at=session.created_at,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        is_current=session.row_id == current.row_id,
    )


def _row_id(field: str) -> int:
    """Return the row id in the form; 0, which no row has, for any other text."""
    text = single(request.form.getlist(field))
    return int(text) if _ROW_ID.fullmatch(text) else 0
