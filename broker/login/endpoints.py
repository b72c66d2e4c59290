"""The endpoints of logins: ``/oauth/authorize``, and the forms of its pages."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from broker.authentication.passwords.sources import prefix_of
from broker.errors import Busy
from broker.login.authorization.request import AuthorizationRefused, read_parameters
from broker.login.info import prefers_json
from broker.login.login_page import FORM
from broker.login.own_zone import PARAMETER
from broker.login.pages.views import (
    ACCOUNT,
    CHANGE_PASSWORD_ACTION,
    CONSENT_ACTION,
    LOGIN_ACTION,
    PROVIDER_ACTION,
    SWITCH_ACCOUNT_ACTION,
)
from broker.login.session_pages import CONSENT, SWITCH
from broker.login.speculative import refuse_speculative
from broker.request_body import read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from broker.login.flow import LoginFlow
    from broker.login.info import LoginInfo
    from broker.login.own_zone import OwnZone
    from broker.login.password_change import PasswordChange
    from broker.login.password_login import PasswordLogin
    from broker.runtime.turn import Turn

_MAX_FORM = 65_536
"""Bytes of a form; a pending login has at most 16 KiB."""


class Slots(Protocol):
    """Limits the requests that wait for hashes."""

    def slot(self, owner: int, /) -> AbstractContextManager[bool]:
        """Occupy a slot within; raise Busy without one. No owner occupies all waiting places."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Keeps logins from delaying other requests, like grants of users (D-50, TH-20).

    A request holds the ``turn`` while it uses the interpreter. One that checks a password needs a
    slot as well: it holds its thread while it waits for the hash. ``address_of_request``
    identifies its owner: requests of one network leave places for others.
    """

    slots: Slots
    turn: Turn
    address_of_request: Callable[[], str]

    @contextmanager
    def short(self) -> Iterator[None]:
        """Run a request without hashes within."""
        with self.turn.held():
            yield

    @contextmanager
    def hashing(self) -> Iterator[None]:
        """Run a request with hashes within; raise Busy without a slot."""
        owner = hash(prefix_of(self.address_of_request()))
        with self.slots.slot(owner), self.turn.held():
            yield


def add_authorization_endpoint(blueprint: Blueprint, flow: LoginFlow, turns: Turns) -> None:
    """Serve ``/oauth/authorize`` by GET and POST (OIDC Core section 3.1.2.1)."""

    @blueprint.route("/oauth/authorize", methods=["GET", "POST"], strict_slashes=False)
    def authorize() -> Response:
        if (refused := refuse_speculative()) is not None:
            return refused
        pairs = list(request.args.items(multi=True))
        length = len(request.query_string)
        if request.method == "POST":
            body = read_form()
            pairs += request.form.items(multi=True)
            length += len(body)
        with turns.short():
            return flow.authorize(read_parameters(pairs, length))


def add_login_forms(
    blueprint: Blueprint,
    flow: LoginFlow,
    login: PasswordLogin,
    change: PasswordChange,
    turns: Turns,
) -> None:
    """Serve the forms that continue a login."""

    @blueprint.post(LOGIN_ACTION)
    def log_on() -> Response:
        read_form()
        try:
            with turns.hashing():
                return login()
        except Busy as error:
            return login.busy(error)

    @blueprint.post(CHANGE_PASSWORD_ACTION)
    def change_password() -> Response:
        read_form()
        with turns.hashing():
            return change()

    @blueprint.post(f"{PROVIDER_ACTION}<origin>")
    def choose_provider(origin: str) -> Response:
        read_form()
        with turns.short():
            pending, _ = flow.opened(FORM)
            return flow.login_pages.response(flow.login(pending), origin=origin)

    @blueprint.post(CONSENT_ACTION)
    def consent() -> Response:
        read_form()
        with turns.short():
            pending, session = flow.opened(CONSENT, has_session=True)
            if session is None:
                return flow.continue_with(pending, None)
            if request.form.getlist("decision") == ["allow"]:
                return flow.consent(pending, session)
            return flow.refuse(pending, AuthorizationRefused("access_denied", "User denied access"))

    @blueprint.post(SWITCH_ACCOUNT_ACTION)
    def switch_account() -> Response:
        read_form()
        with turns.short():
            pending, session = flow.opened(SWITCH, has_session=True)
            if session is None:
                return flow.continue_with(pending, None)
            response = flow.continue_with(pending, None)
            flow.browser.end(response, session)
            return response


def add_login_page(
    blueprint: Blueprint, flow: LoginFlow, own_zone: OwnZone, info: LoginInfo, turns: Turns
) -> None:
    """Serve ``/login``: the description as JSON (I-95), or the page of a login without client.

    The login ends at the page of the user's sessions: no parameter contains a URL (TH-01).
    """

    @blueprint.get("/login", strict_slashes=False)
    def login_page() -> Response:
        if prefers_json():
            return info.response()
        with turns.short():
            zone = own_zone()
            pending = flow.pending.start(
                zone, flow.browser.host(), destination=f"{ACCOUNT}?{PARAMETER}={zone.guid}"
            )
            return flow.continue_with(pending, flow.browser.session(zone))


def read_form() -> bytes:
    """Read the body of a form and return it; raise RequestEntityTooLarge."""
    if (request.content_length or 0) > _MAX_FORM:
        raise RequestEntityTooLarge
    return read_body()
