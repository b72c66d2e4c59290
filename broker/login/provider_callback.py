"""``/login/callback/<origin>`` (I-35, I-38, TH-06)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, after_this_request, request

from broker.errors import BrokerError, LogonInvalid
from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem
from broker.login.providers.failures import provider_error
from broker.login.single_value import single
from broker.login.speculative import refuse_speculative
from broker.logs.structured import add_to_subject
from broker.relying_party.attempt import name_part
from broker.relying_party.logon import CALLBACK_PATH

if TYPE_CHECKING:
    from flask import Blueprint

    from broker.login.browser.browser import Browser
    from broker.login.browser.pending import PendingLogins
    from broker.login.endpoints import Turns
    from broker.login.flow import LoginFlow
    from broker.relying_party.logon import ProviderLogon

_MAX_QUERY = 8192
_NAME_PART = re.compile(r"[A-Za-z0-9_\-]{8}")
_MAX_ID_TOKEN = 8192
"""Characters of an id token that is kept for the logout at the provider."""


@dataclass(frozen=True, slots=True)
class Callback:
    """Ends a logon at a provider."""

    logon: ProviderLogon
    browser: Browser
    pending_logins: PendingLogins
    flow: LoginFlow

    def __call__(self, origin: str) -> Response:
        """Return the next response of the login; raise PageError.

        The order of the checks is that of I-38. The cookie of the attempt is deleted regardless
        of the result.
        """
        browser = self.browser
        if len(request.query_string) > _MAX_QUERY:
            raise PageError(Problem.INVALID_REQUEST, "The response of the provider is too long.")
        state = single(request.args.getlist("state"))
        if not _NAME_PART.fullmatch(name_part(state)):
            raise _expired()
        name = browser.cookies.attempt(name_part(state))
        cookie = request.cookies.get(name, "")
        if not cookie:
            raise _expired()
        self._delete_afterwards(name)
        try:
            attempt, text = self.logon.opened(cookie, state, origin)
        except LogonInvalid as error:
            raise _expired() from error
        pending = self.pending_logins.open(text, browser.binding(), browser.host())
        if pending is None or pending.zone_guid != attempt.zone_guid:
            raise _expired()
        try:
            parameters = list(request.args.items(multi=True))
            verified = self.logon.verified(attempt, parameters)
            user = self.logon.user_of(verified)
        except BrokerError as error:
            raise provider_error(error, self.flow.zone(pending)) from error
        if verified.identity.omits_groups:
            add_to_subject(groups="omitted by the provider")
        return self.flow.logged_on(
            verified.state.provider.zone,
            user,
            user.amr,
            pending,
            provider_session=verified.provider_session,
            id_token=verified.id_token if len(verified.id_token) <= _MAX_ID_TOKEN else None,
        )

    def _delete_afterwards(self, name: str) -> None:
        @after_this_request
        def delete(response: Response) -> Response:
            self.browser.cookies.delete(response, name)
            return response


def add_callback(blueprint: Blueprint, callback: Callback, turns: Turns) -> None:
    """Add the route to the blueprint."""

    @blueprint.get(f"{CALLBACK_PATH}<origin>")
    def provider_callback(origin: str) -> Response:
        if (refused := refuse_speculative()) is not None:
            return refused
        with turns.short():
            return callback(origin)


def _expired() -> PageError:
    return PageError(
        Problem.EXPIRED, "The login at the identity provider is unknown or has expired."
    )
