"""Pages that interrupt a login although the user has a session: consent, another account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from broker.login.pages.views import ConsentPage, ScopeRow, SwitchAccountPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Response

    from broker.authentication.session import Session
    from broker.identity.client import Client
    from broker.login.authorization.target import Target
    from broker.login.browser.browser import Browser
    from broker.login.browser.pending import Pending, PendingLogins
    from broker.login.login_page import Login, LoginPages
    from broker.login.pages.views import Page

CONSENT: Final = "consent"
SWITCH: Final = "switch"
"""The names of forms, to which their tokens are bound."""


@dataclass(frozen=True, slots=True)
class SessionPages:
    """Shows pages of a login; ``describe`` returns the descriptions of a client's scopes."""

    browser: Browser
    pending: PendingLogins
    login_pages: LoginPages
    describe: Callable[[Client], Mapping[str, str]]

    def consent(
        self, login: Login, target: Target, session: Session, scopes: tuple[str, ...]
    ) -> Response:
        """Return the page that asks the user to let the client have these scopes (I-99)."""
        described = self.describe(target.client)
        page = ConsentPage(
            zone_name=login.zone.subdomain,
            csrf=self.browser.csrf_token(CONSENT, session),
            application=target.application,
            pending=self._sealed(replace(login.pending, consent=scopes)),
            user_name=session.user.name,
            scopes=tuple(ScopeRow(scope, described.get(scope, "")) for scope in scopes),
            lacks_groups=session.user.lacks_groups,
        )
        return self.response(login, page)

    def switch_account(self, login: Login, target: Target, session: Session) -> Response:
        """Return the page for a user whose provider the client excludes (I-48)."""
        page = SwitchAccountPage(
            zone_name=login.zone.subdomain,
            csrf=self.browser.csrf_token(SWITCH, session),
            application=target.application,
            pending=self._sealed(login.pending),
            user_name=session.user.name,
        )
        return self.response(login, page, status=401)

    def response(self, login: Login, page: Page, *, status: int = 200) -> Response:
        """Return a page of the login, whose forms continue it."""
        ancestors = self.browser.iframe_domains(login.zone)
        return self.login_pages.show(login, page, ancestors, status=status)

    def _sealed(self, pending: Pending) -> str:
        return self.pending.seal(pending, self.browser.page_binding())
