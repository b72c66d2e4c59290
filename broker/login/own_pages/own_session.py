"""The session of the user whose own pages are shown or changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authentication.session import Session
from broker.login.own_zone import PARAMETER
from broker.login.pages.errors import foreign_form
from broker.login.pages.headers import form_targets_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from broker.identity.zone import Zone
    from broker.login.browser.browser import Browser
    from broker.login.pages.rendering import Pages
    from broker.login.pages.views import Page

FORM = "account"
"""The name of the forms, to which their tokens are bound."""


@dataclass(frozen=True, slots=True)
class OwnSession:
    """Finds the session of the current request, and shows pages to its user.

    ``log_on`` returns the page that logs the user on in a zone and leads to a path.
    """

    browser: Browser
    pages: Pages
    own_zone: Callable[[], Zone]
    log_on: Callable[[Zone, str], Response]

    def of_page(self, path: str) -> Session | Response:
        """Return the session, or the login page that leads to ``path``; raise ZoneNotFound."""
        zone = self.own_zone()
        return self.browser.session(zone) or self.log_on(zone, url_of(path, zone))

    def of_form(self, path: str) -> Session | Response:
        """Return the session, like ``of_page``; raise PageError for a form of another site."""
        session = self.of_page(path)
        is_own = (
            self.browser.has_valid_csrf(FORM, session)
            if isinstance(session, Session)
            else self.browser.is_own_origin()
        )
        if not is_own:
            raise foreign_form()
        return session

    def page(self, zone: Zone, page: Page, *, status: int = 200) -> Response:
        """Return a page of the zone.

        After the end of the session its forms may lead to an identity provider (I-90).
        """
        return self.pages.response(
            page,
            status=status,
            form_targets=form_targets_for(is_secure=self.browser.cookies.is_secure),
            frame_ancestors=self.browser.iframe_domains(zone),
        )


def url_of(path: str, zone: Zone) -> str:
    """Return the path with the parameter that identifies the zone on a shared host."""
    return f"{path}?{PARAMETER}={zone.guid}"
