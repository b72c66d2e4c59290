"""Revocation over HTTP: a client revokes its own tokens only (RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Blueprint, Flask

from broker.errors import AccessDenied, TokenInvalid
from broker.identity.client import Client
from broker.identity.user import User
from broker.oauth.errors import register_error_handlers
from broker.oauth.protected_endpoints import Caller
from broker.oauth.revocation import add_revocation, add_user_revocation
from tests.support.instances import START, an_oauth_client
from tests.support.users import a_user

CALLER = an_oauth_client()
USER = a_user()
REFRESH_TOKEN = f"{'a' * 24}.{'b' * 43}"
ALL = "/oauth/token/revoke/user/u"


@dataclass
class Token:
    client: Client
    token_id: str = "t"
    expires_at: Any = START
    user: User | None = None


@dataclass
class Service:
    """The caller's token ``own``, and ``foreign``; revokes as long as there is room.

    The caller presents credentials, or ``token``; it administers users if it has the scope.
    """

    room: bool = True
    token: Token | None = None
    is_administrator: bool = False
    revoked: list[Any] = field(default_factory=list)

    def client(self, form: Any) -> Client:
        client: Client = self.client_or_token(form).client
        return client

    def client_or_token(self, form: Any, *, or_user: bool = False) -> Any:
        if self.token is not None and self.token.user is not None and not or_user:
            raise AccessDenied
        return Caller(CALLER, (), self.token)  # type: ignore[arg-type]  # only what is used

    def require_scope(self, caller: object, scope: str) -> None:
        assert scope == "xs_user.write"
        if not self.is_administrator:
            raise AccessDenied(scope)

    def of(self, token: str) -> Token:
        if token == "ended":
            raise TokenInvalid("expired")
        if token == "users":
            return Token(CALLER, "of user", user=USER)
        return Token(CALLER if token == "own" else an_oauth_client(row_id=12))

    def revoke(self, client: Client, token_id: str, expires_at: Any, user: Any) -> bool:
        if self.room:
            self.revoked.append((client, token_id, expires_at, user))
        return self.room

    def revoke_refresh_token(self, client: Client, text: str) -> None:
        self.revoked.append((client, text))

    def revoke_all(self, client: Client, user_id: str = "") -> None:
        self.revoked.append((client, user_id) if user_id else client)

    def revoke_at(self, client: Client, user_id: str, client_id: str) -> bool:
        self.revoked.append((client, user_id, client_id))
        return self.room

    def rejected(self, code: str) -> None:
        """Not observed here."""


def answered(service: Any, path: str, method: str = "POST", **form: str) -> tuple[int, str | None]:
    app, blueprint = Flask(__name__), Blueprint("oauth", __name__)
    register_error_handlers(blueprint, service)
    add_revocation(blueprint, service, service, service)
    add_user_revocation(blueprint, service, service)
    app.register_blueprint(blueprint)
    response = app.test_client().open(path, method=method, data=form)
    if response.status_code != 405:  # of the application, not of the blueprint
        assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, (response.get_json(silent=True) or {}).get("error")


def test_an_own_token_is_revoked_until_its_end() -> None:
    service = Service()
    assert answered(service, "/oauth/revoke", token="own") == (200, None)
    assert service.revoked == [(CALLER, "t", START, None)]


def test_a_token_that_has_ended_needs_no_revocation() -> None:
    """RFC 7009 section 2.2."""
    service = Service()
    assert answered(service, "/oauth/revoke/", token="ended") == (200, None)
    assert service.revoked == []


@pytest.mark.parametrize(
    ("form", "error"), [({}, "invalid_request"), ({"token": "foreign"}, "unauthorized_client")]
)
def test_tokens_of_other_clients_are_refused(form: dict[str, str], error: str) -> None:
    service = Service()
    assert answered(service, "/oauth/revoke", **form) == (400, error)
    assert service.revoked == []


def test_a_full_table_is_reported() -> None:
    assert answered(Service(room=False), "/oauth/revoke", token="own") == (400, "invalid_request")


@pytest.mark.parametrize(
    "path", ["/oauth/token/revoke/client/sb-app!t7", ALL, f"{ALL}/client/sb-app!t7"]
)
def test_head_revokes_nothing(path: str) -> None:
    """RFC 9110 section 9.2.1: it is a safe method."""
    service = Service(is_administrator=True)
    assert answered(service, path, "HEAD")[0] == 405
    assert service.revoked == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_all_tokens_of_the_caller_are_revoked_by_its_own_id(method: str) -> None:
    service = Service()
    path = "/oauth/token/revoke/client/"
    assert answered(service, f"{path}sb-app!t7", method) == (200, None)
    assert service.revoked == [CALLER]
    assert answered(service, f"{path}sb-a/b!t7", method) == (403, "access_denied")
    assert service.revoked == [CALLER]


def test_a_refresh_token_is_revoked() -> None:
    """RFC 7009: also one that is unknown."""
    service = Service()
    assert answered(service, "/oauth/revoke", token=REFRESH_TOKEN) == (200, None)
    assert service.revoked == [(CALLER, REFRESH_TOKEN)]


def test_a_users_token_revokes_itself_and_nothing_else() -> None:
    """D-58."""
    service = Service(token=Token(CALLER, "of user", user=USER), is_administrator=True)
    refused = (403, "access_denied")
    for token in ("own", "foreign", "ended", REFRESH_TOKEN):
        assert answered(service, "/oauth/revoke", token=token) == refused
    for path in ("client/sb-app!t7", f"user/{USER.user_id}", f"user/{USER.user_id}/client/c"):
        assert answered(service, f"/oauth/token/revoke/{path}") == refused
    assert service.revoked == []
    assert answered(service, "/oauth/revoke", token="users") == (200, None)
    assert service.revoked == [(CALLER, "of user", START, USER)]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_administrator_revokes_the_tokens_of_users(method: str) -> None:
    """O-103."""
    service = Service(token=Token(CALLER), is_administrator=True)
    assert answered(service, ALL, method) == (200, None)
    assert answered(service, f"{ALL}/client/sb-a/b!t7", method) == (200, None)
    assert service.revoked == [(CALLER, "u"), (CALLER, "u", "sb-a/b!t7")]


def test_any_client_revokes_a_users_tokens_at_itself() -> None:
    service = Service()
    assert answered(service, f"{ALL}/client/sb-app!t7") == (200, None)
    assert service.revoked == [(CALLER, "u", "sb-app!t7")]
    for path in (ALL, f"{ALL}/client/sb-other!t7"):
        assert answered(service, path) == (403, "access_denied")
    full = Service(room=False)
    assert answered(full, f"{ALL}/client/sb-app!t7") == (400, "invalid_request")
