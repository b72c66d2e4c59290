"""The redirect to an identity provider, with the cookie of the attempt (I-36, I-37)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import request

from broker.errors import BrokerError
from broker.login.authorization.response import redirect_to
from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem
from broker.login.providers.failures import provider_error
from broker.relying_party.attempt import LIFETIME, PendingTooLarge, name_part
from broker.relying_party.logon import LogonHints

if TYPE_CHECKING:
    from flask import Response

    from broker.clock import Clock
    from broker.identity.zone import Zone
    from broker.login.authorization.request import AuthorizationRequest
    from broker.login.browser.browser import Browser
    from broker.login.browser.pending import Pending, PendingLogins
    from broker.relying_party.logon import ProviderLogon


@dataclass(frozen=True, slots=True)
class StartLogon:
    """Redirects to an identity provider."""

    logon: ProviderLogon
    browser: Browser
    pending_logins: PendingLogins
    clock: Clock

    def __call__(
        self, zone: Zone, origin: str, pending: Pending, asked: AuthorizationRequest
    ) -> Response:
        """Return the redirect (303) to the provider, with the cookie of the attempt.

        ``origin`` is of a provider in the zone, that of ``pending``; ``asked`` is its request.
        Raises PageError if the provider cannot be used or reached, or ``pending`` is too large.
        """
        browser = self.browser
        sealed = self.pending_logins.seal(pending, browser.page_binding())
        try:
            hints = hints_of(asked, pending.parameters.get("ui_locales"))
            started = self.logon.start(zone.guid, origin, sealed, hints)
        except PendingTooLarge:
            raise PageError(
                Problem.INVALID_REQUEST,
                "The authorization request is too long for a login at an identity provider.",
                zone_name=zone.subdomain,
            ) from None
        except BrokerError as error:
            raise provider_error(error, zone) from error
        response = redirect_to(started.url, HTTPStatus.SEE_OTHER)
        is_framed = bool(browser.iframe_domains(zone))
        browser.set_binding(response, is_framed=is_framed)
        known = browser.cookies.attempts_in(request.cookies)
        for name in self.logon.attempts.obsolete(known, self.clock.now()):
            browser.cookies.delete(response, name)
        name = browser.cookies.attempt(name_part(started.state))
        browser.cookies.set(response, name, started.cookie, LIFETIME, is_framed=is_framed)
        return response


def hints_of(asked: AuthorizationRequest, ui_locales: str | None) -> LogonHints:
    """Return what the authorization request asks of the provider."""
    hint = asked.login_hint
    is_plain = hint is not None and hint.isprintable() and not hint.startswith(("{", "%"))
    return LogonHints(
        login_hint=hint if is_plain else None,
        is_fresh="login" in asked.prompts,
        selects_account="select_account" in asked.prompts,
        max_age=asked.max_age,
        ui_locales=ui_locales,
    )
