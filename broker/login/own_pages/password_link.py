"""``/set-password``: the page that redeems a one-time link (I-23)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flask import Response, request

from broker.authentication.passwords.links import LinkPurpose
from broker.errors import Busy, NotFound
from broker.identity.password_policy import PasswordRefused
from broker.identity.zone import OPERATOR_INDEX
from broker.login.pages.errors import PageError, foreign_form
from broker.login.pages.later import form_for_later
from broker.login.pages.new_password import DIFFERENT, new_password, refusal
from broker.login.pages.problems import Problem
from broker.login.pages.views import Message, PasswordSetPage, SetPasswordPage
from broker.login.single_value import single

if TYPE_CHECKING:
    from broker.authentication.passwords.links import PasswordLinks, StoredLink
    from broker.identity.password_policy import PasswordPolicy
    from broker.login.browser.browser import Browser
    from broker.login.pages.rendering import Pages

FORM = "set-password"
"""The name of the form, to which its token is bound."""


@dataclass(frozen=True, slots=True)
class PasswordLinkPage:
    """Sets the password of a link's user; only the form consumes the link."""

    browser: Browser
    pages: Pages
    links: PasswordLinks
    policy: PasswordPolicy

    def show(self) -> Response:
        """Return the form; raise PageError for an invalid link."""
        link = single(request.args.getlist("link"))
        return self._page(link, self._found(link))

    def redeem(self) -> Response:
        """Set the password in the form of the current request; raise PageError."""
        if not self.browser.has_valid_csrf(FORM):
            raise foreign_form()
        link = single(request.form.getlist("link"))
        found, password = self._found(link), new_password(request.form)
        if password is None:
            return self._page(link, found, DIFFERENT, 400)
        try:
            self.links.redeem(link, password)
        except PasswordRefused as error:
            return self._page(link, found, refusal(error, self.policy), 400)
        except Busy as error:
            return form_for_later(error, partial(self._page, link, found))
        except NotFound as error:
            raise _invalid(error) from None
        zone, user = found.user.zone, found.user
        # Operators have no pages in their zone.
        has_account = zone.index != OPERATOR_INDEX
        page = PasswordSetPage(
            zone_name=zone.subdomain, zone=zone.guid if has_account else "", user_name=user.name
        )
        return self.pages.response(page)

    def _found(self, link: str) -> StoredLink:
        """Return a valid link for this host; raise PageError."""
        try:
            found = self.links.find(link)
        except NotFound as error:
            raise _invalid(error) from None
        if self.browser.subdomain() not in {None, found.user.zone.subdomain}:
            raise PageError(Problem.LINK_INVALID, "The link belongs to another zone.")
        return found

    def _page(
        self, link: str, found: StoredLink, error: Message | None = None, status: int = 200
    ) -> Response:
        user = found.user
        page = SetPasswordPage(
            zone_name=user.zone.subdomain,
            csrf=self.browser.csrf_token(FORM),
            user_name=user.name,
            link=link,
            is_reset=found.purpose == LinkPurpose.RESET,
            min_length=self.policy.min_length,
            error=error,
        )
        response = self.pages.response(page, status=status)
        self.browser.set_binding(response, is_framed=bool(self.browser.iframe_domains(user.zone)))
        return response


def _invalid(error: NotFound) -> PageError:
    return PageError(Problem.LINK_INVALID, str(error))
