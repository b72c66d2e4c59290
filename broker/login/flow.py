"""The course of a login: from an authorization request to its code (I-60 to I-69, D-42)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from flask import request

from broker.authentication.own_access import OwnAccessStore, give_consent
from broker.authorization.collections.built_in import WithBuiltIn
from broker.errors import GrantRefused
from broker.identity.zone import OPERATOR_INDEX
from broker.login.authorization.client_host import HostMoved
from broker.login.authorization.decision import Step, next_step, scopes_to_consent, started
from broker.login.authorization.request import (
    HINT,
    AuthorizationRefused,
    AuthorizationRequest,
    parse_request,
)
from broker.login.authorization.response import code_response, error_response, redirect_within
from broker.login.login_page import Login, ProviderStore, origin_of
from broker.login.pages.errors import PageError, foreign_form
from broker.login.pages.errors import error_response as error_page
from broker.login.pages.problems import Problem
from broker.login.single_value import single
from broker.logs.structured import add_to_subject
from broker.tokens.authorization_code import WithAuthorizationCodes
from broker.tokens.user_tokens import Logon
from broker.transactions import Transactions

if TYPE_CHECKING:
    from flask import Response

    from broker.addresses import Addresses
    from broker.authentication.session import Session, Sessions
    from broker.authorization.rights import UserRights
    from broker.clock import Clock
    from broker.identity.administered_zone import NamedZones
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.login.authorization.target import FindTarget, Target
    from broker.login.browser.browser import Browser
    from broker.login.browser.pending import Pending, PendingLogins
    from broker.login.login_page import LoginPages
    from broker.login.pages.rendering import Pages
    from broker.login.session_pages import SessionPages
    from broker.tokens.authorization_code import AuthorizationCodes
    from broker.tokens.id_token_hint import IdTokenHints


class FlowStore(OwnAccessStore, WithAuthorizationCodes, ProviderStore, WithBuiltIn, Protocol):
    """The repositories of this module."""

    @property
    def zones(self) -> NamedZones:
        """The repository of zones."""


@dataclass(frozen=True, slots=True)
class LoginFlow:
    """Continues logins; all checks are made again at each step, on data as currently stored."""

    transactions: Transactions[FlowStore]
    find_target: FindTarget
    browser: Browser
    pending: PendingLogins
    login_pages: LoginPages
    session_pages: SessionPages
    pages: Pages
    sessions: Sessions
    rights: UserRights
    codes: AuthorizationCodes
    hints: IdTokenHints
    addresses: Addresses
    clock: Clock

    def authorize(self, parameters: dict[str, str]) -> Response:
        """Return the response to an authorization request; raise PageError (I-60 to I-64)."""
        target = self.find_target(parameters, self.browser.host())
        zone = target.client.zone
        # Without the hint, which would be too long for an attempt at an identity provider.
        kept = {name: value for name, value in parameters.items() if name != HINT}
        pending = self.pending.start(zone, self.browser.host(), kept)
        if hint := parameters.get(HINT):
            found = self.hints.read(hint)
            if found is None:
                error = AuthorizationRefused("invalid_request", f"{HINT} is no id token of ours")
                return error_response(target, error, self._issuer(target))
            pending = replace(pending, hinted_user=found.user_id)
        return self._continue(target, pending, self.browser.session(zone))

    def require_login(self, zone: Zone, destination: str, *, is_fresh: bool = False) -> Response:
        """Return the login page for a page of this server, a path that no client chooses.

        ``is_fresh``: an identity provider, too, must authenticate the user again.
        """
        parameters = {"prompt": "login"} if is_fresh else {}
        pending = self.pending.start(zone, self.browser.host(), parameters, destination)
        return self.login_pages.response(self._login_within(zone, pending))

    def continue_with(self, pending: Pending, session: Session | None) -> Response:
        """Return the response to a login that has come this far; raise PageError.

        ``session`` is the browser's in the zone, None without one.
        """
        if pending.destination:
            if session is None:
                return self.login_pages.response(self.login(pending))
            return redirect_within(pending.destination)
        return self._continue(self._target(pending), pending, session)

    def zone(self, pending: Pending) -> Zone:
        """Return the zone of the login; raise PageError."""
        is_operator = pending.zone_index == OPERATOR_INDEX
        zone = self.transactions.read(
            lambda store: (
                store.built_in.operator_zone()
                if is_operator
                else store.zones.named(pending.zone_guid)
            )
        )
        if zone is None or not pending.is_of(zone):
            raise _expired()
        return zone

    def login(self, pending: Pending) -> Login:
        """Return what the login is for, checked again; raise PageError."""
        if pending.destination:
            return self._login_within(self.zone(pending), pending)
        target = self._target(pending)
        try:
            authorization = parse_request(pending.parameters)
        except AuthorizationRefused as error:
            # The same parameters were accepted when the login began.
            raise PageError(Problem.INVALID_REQUEST, str(error)) from None
        return Login(target.client.zone, pending, target, authorization)

    def logged_on(  # noqa: PLR0913, PLR0917 - the parts of a logon
        self,
        zone: Zone,
        user: User,
        amr: tuple[str, ...],
        pending: Pending,
        provider_session: str | None = None,
        id_token: str | None = None,
    ) -> Response:
        """Begin a session of a user who has just authenticated, and continue the login.

        ``provider_session`` and ``id_token`` are those of the identity provider (I-50).
        """
        previous = self.browser.stored_session(zone)
        value, session = self.transactions.run(
            lambda store: self.sessions.begin(
                store,
                user,
                amr,
                previous=previous,
                provider_session=provider_session,
                id_token=id_token,
                client_id=pending.client_id,
            )
        )
        return self.begun(session, value, pending)

    def begun(self, session: Session, value: str, pending: Pending) -> Response:
        """Return the response to a logon, with the cookie ``value`` of the new session."""
        add_to_subject(user_id=session.user.user_id)
        try:
            # A consent during this login may be of another user (I-66).
            response = self.continue_with(replace(pending, consent=()), session)
        except PageError as error:
            response = error_page(self.pages, error)
        self.browser.set_session(response, session, value)
        return response

    def opened(self, form: str, *, has_session: bool = False) -> tuple[Pending, Session | None]:
        """Return the pending login in the form of the current request, and the session.

        ``form`` is its name; ``has_session``: its token is that of a session, which is None if it
        has ended. Raises PageError unless this browser sent the form from a page of this host.
        """
        binding = self.browser.binding()
        if not binding:
            raise _expired()
        text = single(request.form.getlist("pending"))
        pending = self.pending.open(text, binding, self.browser.host())
        session = None
        if has_session and pending is not None:
            session = self.browser.session_numbered(pending.zone_index)
            if session is None and self.browser.is_own_origin():
                return pending, None
        if not self.browser.has_valid_csrf(form, session):
            raise foreign_form()
        if pending is None:
            raise _expired()
        return pending, session

    def consent(self, pending: Pending, session: Session) -> Response:
        """Store the user's consent to the scopes on the page, and continue (I-99)."""
        client, user = self._target(pending).client, session.user
        if user.zone.row_id != client.zone.row_id:
            raise _expired()
        self.transactions.run(lambda store: give_consent(store, user, client, pending.consent))
        return self.continue_with(pending, session)

    def refuse(self, pending: Pending, error: AuthorizationRefused) -> Response:
        """Return the redirect with an error; raise PageError."""
        target = self._target(pending)
        return error_response(target, error, self._issuer(target))

    @staticmethod
    def _login_within(zone: Zone, pending: Pending) -> Login:
        prompts = frozenset(pending.parameters.get("prompt", "").split())
        return Login(zone, pending, request=AuthorizationRequest(prompts=prompts))

    def _target(self, pending: Pending) -> Target:
        try:
            target = self.find_target(pending.parameters, pending.host)
        except HostMoved:
            # Since the login began, a split has moved the client.
            raise _expired() from None
        if not pending.is_of(target.client.zone):
            raise _expired()
        return target

    def _continue(self, target: Target, pending: Pending, session: Session | None) -> Response:
        try:
            return self._step(target, pending, session)
        except AuthorizationRefused as error:
            return error_response(target, error, self._issuer(target))

    def _step(self, target: Target, pending: Pending, session: Session | None) -> Response:
        authorization = parse_request(pending.parameters)
        login = Login(target.client.zone, pending, target, authorization)
        step = next_step(
            authorization,
            target.settings,
            session,
            origin_of(authorization),
            started_at=started(pending.started_at),
            now=self.clock.now(),
            hinted_user=pending.hinted_user,
        )
        if session is None or step is Step.LOG_ON:
            return self.login_pages.response(login)
        if step is Step.SWITCH_ACCOUNT:
            return self.session_pages.switch_account(login, target, session)
        return self._grant(login, target, session)

    def _grant(self, login: Login, target: Target, session: Session) -> Response:
        client, settings, user = target.client, target.settings, session.user
        authorization, pending = login.request, login.pending
        try:
            rights = self.rights.of(user, client, settings, authorization.scope)
        except GrantRefused as error:
            code = "access_denied" if error.code == "invalid_token" else error.code
            raise AuthorizationRefused(code, str(error)) from None
        consented = frozenset[str]()
        if settings.auto_approve is not True:
            consented = self.transactions.read(
                lambda store: store.consents.granted(user, client.row_id)
            )
        missing = scopes_to_consent(
            authorization,
            settings,
            rights.scopes,
            consented,
            is_repeated=bool(pending.consent),
        )
        if missing:
            return self.session_pages.consent(login, target, session, missing)
        logon = Logon(user, session.auth_time, session.amr, session.row_id)
        code = self.transactions.run(
            lambda store: self.codes.create(
                store,
                client,
                logon,
                rights.scopes,
                redirect_uri=target.given_uri,
                code_challenge=authorization.code_challenge,
                nonce=authorization.nonce,
            )
        )
        add_to_subject(user_id=user.user_id, scopes=len(rights.scopes))
        return code_response(target, code, self._issuer(target))

    def _issuer(self, target: Target) -> str:
        return self.addresses.token_url(target.client.zone.subdomain)


def _expired() -> PageError:
    return PageError(Problem.EXPIRED, "The form is too old, or the browser refuses cookies.")
