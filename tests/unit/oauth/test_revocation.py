"""Revocation over HTTP: a client revokes its own tokens only (RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Blueprint, Flask

from broker.errors import TokenInvalid
from broker.identity.client import Client
from broker.oauth.errors import register_error_handlers
from broker.oauth.revocation import add_revocation
from tests.support.instances import START, an_oauth_client

CALLER = an_oauth_client()


@dataclass
class Token:
    client: Client
    token_id: str = "t"
    expires_at: Any = START


@dataclass
class Service:
    """The caller's token ``own``, and ``foreign``; revokes as long as there is room."""

    room: bool = True
    revoked: list[Any] = field(default_factory=list)

    def client(self, form: Any) -> Client:
        return CALLER

    def of(self, token: str) -> Token:
        if token == "ended":
            raise TokenInvalid("expired")
        return Token(CALLER if token == "own" else an_oauth_client(row_id=12))

    def revoke(self, client: Client, token_id: str, expires_at: Any) -> bool:
        if self.room:
            self.revoked.append((client, token_id, expires_at))
        return self.room

    def revoke_all(self, client: Client) -> None:
        self.revoked.append(client)

    def rejected(self, code: str) -> None:
        """Not observed here."""


def answered(service: Any, path: str, method: str = "POST", **form: str) -> tuple[int, str | None]:
    app, blueprint = Flask(__name__), Blueprint("oauth", __name__)
    register_error_handlers(blueprint, service)
    add_revocation(blueprint, service, service, service)
    app.register_blueprint(blueprint)
    response = app.test_client().open(path, method=method, data=form)
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, (response.get_json(silent=True) or {}).get("error")


def test_an_own_token_is_revoked_until_its_end() -> None:
    service = Service()
    assert answered(service, "/oauth/revoke", token="own") == (200, None)
    assert service.revoked == [(CALLER, "t", START)]


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


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_all_tokens_of_the_caller_are_revoked_by_its_own_id(method: str) -> None:
    service = Service()
    path = "/oauth/token/revoke/client/"
    assert answered(service, f"{path}sb-app!t7", method) == (200, None)
    assert service.revoked == [CALLER]
    assert answered(service, f"{path}sb-a/b!t7", method) == (403, "access_denied")
    assert service.revoked == [CALLER]
