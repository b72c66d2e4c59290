"""Callers of protected endpoints: by credentials or by token (O-49)."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from broker.errors import AccessDenied, AuthenticationFailed, GrantRefused, TokenInvalid
from broker.identity.client import Client
from broker.identity.user import User
from broker.oauth.protected_endpoints import Callers
from broker.tokens.introspection import ActiveToken
from tests.support.instances import an_oauth_client
from tests.support.users import a_user

APP = Flask(__name__)
CLIENT = an_oauth_client()


@dataclass
class Authenticated:
    client: Client


@dataclass
class Service:
    """Accepts one secret and one token; the token may belong to another zone."""

    held: tuple[str, ...] = ("uaa.resource",)
    token_scopes: tuple[str, ...] = ("uaa.resource",)
    same_zone: bool = True
    user: User | None = None
    bound_to: str | None = None

    def read(self, environ: object, form: Any) -> Any:
        return form

    def client_of(self, attempt: Any) -> Any:
        if attempt != {"client_secret": "right"}:
            raise AuthenticationFailed("wrong secret")
        return Authenticated(CLIENT)

    def require_own_zone(self, environ: object, client: Client) -> None:
        if not self.same_zone:
            raise AuthenticationFailed("X-zid names another zone")

    def of(self, what: Any) -> Any:
        if isinstance(what, Client):
            return self.held
        if what != "token":
            raise TokenInvalid("forged")
        bound = {} if self.bound_to is None else {"cnf": {"x5t#S256": self.bound_to}}
        return ActiveToken({"scope": list(self.token_scopes), **bound}, CLIENT, self.user)

    @staticmethod
    def presented_certificate(_: object) -> None:
        """Return no certificate."""


def callers(**changes: Any) -> Callers:
    service: Any = Service(**changes)
    return Callers(service, service, service)


RIGHT = {"client_secret": "right"}


@pytest.mark.parametrize(
    ("form", "header"),
    [
        (RIGHT, None),
        (RIGHT, "Basic x"),
        ({}, "Bearer token"),
        ({}, "bearer  token "),
        (RIGHT, "BEARER token"),
    ],
)
def test_credentials_or_a_token_identify_the_caller(
    form: dict[str, str], header: str | None
) -> None:
    with APP.test_request_context(headers={"Authorization": header} if header else {}):
        assert callers().client(form) == CLIENT
        assert callers().resource_server(form) == CLIENT


@pytest.mark.parametrize(
    ("form", "header", "error"),
    [
        ({}, None, AuthenticationFailed),
        ({"client_secret": "wrong"}, None, AuthenticationFailed),
        (RIGHT, "Bearer forged", TokenInvalid),
        (RIGHT, "Bearer ", TokenInvalid),
        ({}, "Bearertoken", AuthenticationFailed),
    ],
)
def test_a_token_that_is_refused_is_not_replaced_by_credentials(
    form: dict[str, str], header: str | None, error: type[Exception]
) -> None:
    with (
        APP.test_request_context(headers={"Authorization": header} if header else {}),
        pytest.raises(error),
    ):
        callers().client(form)


def test_a_token_is_accepted_in_its_client_s_zone_only() -> None:
    with (
        APP.test_request_context(headers={"Authorization": "Bearer token"}),
        pytest.raises(AuthenticationFailed),
    ):
        callers(same_zone=False).client({})


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer token"}])
def test_a_resource_server_holds_its_scope(header: dict[str, str]) -> None:
    with APP.test_request_context(headers=header):
        lacking = callers(held=("other",), token_scopes=("other",))
        assert lacking.client(RIGHT) == CLIENT
        with pytest.raises(AccessDenied) as denied:
            lacking.resource_server(RIGHT)
        assert denied.value.scope == "uaa.resource"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer token"}])
def test_a_body_that_is_no_form_is_refused_after_authentication(header: dict[str, str]) -> None:
    with (
        APP.test_request_context(
            method="POST", data="{}", content_type="application/json", headers=header
        ),
        pytest.raises(GrantRefused),
    ):
        callers().client(RIGHT)


def test_a_users_token_never_acts_as_its_client() -> None:
    """D-58: whatever its scopes."""
    with APP.test_request_context(headers={"Authorization": "Bearer token"}):
        found = callers(user=a_user())
        for method in (found.client, found.resource_server, found.client_or_token):
            with pytest.raises(AccessDenied):
                method({})
        caller = found.client_or_token({}, or_user=True)
        assert caller.token is not None
        assert caller.token.user is not None


@pytest.mark.parametrize(
    ("token_scopes", "held", "is_denied"),
    [
        (("xs_user.write",), ("xs_user.write",), False),
        (("xs_user.read",), ("xs_user.write",), True),
        # An approval that was withdrawn since (D-57).
        (("xs_user.write",), ("uaa.resource",), True),
    ],
)
def test_a_scope_is_required_of_the_token_and_of_its_client(
    token_scopes: tuple[str, ...], held: tuple[str, ...], *, is_denied: bool
) -> None:
    with APP.test_request_context(headers={"Authorization": "Bearer token"}):
        found = callers(token_scopes=token_scopes, held=held)
        caller = found.client_or_token({})
        with pytest.raises(AccessDenied) if is_denied else nullcontext():
            found.require_scope(caller, "xs_user.write")


def test_credentials_do_not_replace_a_token_with_the_scope() -> None:
    with APP.test_request_context():
        found = callers(held=("xs_user.write",))
        with pytest.raises(AccessDenied):
            found.require_scope(found.client_or_token(RIGHT), "xs_user.write")


def test_a_users_token_identifies_its_user() -> None:
    """O-115."""
    user = a_user()
    with APP.test_request_context(headers={"Authorization": "Bearer token"}):
        found = callers(user=user, token_scopes=("openid", "roles")).user("openid")
        assert found == (user, ("openid", "roles"))
        with pytest.raises(AccessDenied) as denied:
            callers(user=user, token_scopes=("roles",)).user("openid")
        assert denied.value.scope == "openid"
        with pytest.raises(AccessDenied):
            callers(token_scopes=("openid",)).user("openid")


def test_a_bound_token_identifies_its_user_without_the_certificate() -> None:
    """M14, I-104: the application router sends no certificate to ``/userinfo``."""
    user = a_user()
    with APP.test_request_context(headers={"Authorization": "Bearer token"}):
        found = callers(user=user, token_scopes=("openid",), bound_to="other")
        assert found.user("openid").user == user
        with pytest.raises(TokenInvalid):
            found.client_or_token({}, or_user=True)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic x"}])
def test_credentials_identify_no_user(header: dict[str, str]) -> None:
    with APP.test_request_context(headers=header), pytest.raises(TokenInvalid, match="Full auth"):
        callers(user=a_user()).user("openid")
