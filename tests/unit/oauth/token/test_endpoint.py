"""The token endpoint: grants, allowed clients, and the limit of blocked requests (D-50, D-60)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, Flask

from broker.authentication.client import AuthenticatedClient
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed, GrantRefused
from broker.oauth.errors import register_error_handlers
from broker.oauth.token.endpoint import TokenEndpoint, add_token_endpoint
from broker.runtime.slots import FairSlots
from broker.runtime.turn import Turn
from broker.tokens.grant import IssuedToken, Subject
from tests.support.instances import an_oauth_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GRANT_TYPES = ("client_credentials", "urn:slow")
CLIENT = AuthenticatedClient(
    an_oauth_client(grant_types=GRANT_TYPES), 255, CredentialType.X509, "ff.tag"
)


@dataclass
class SomeGrant:
    """Issues the same token each time; may block."""

    grant_type: str
    entered: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    waits: bool = False

    def issue(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> IssuedToken:
        self.entered.set()
        if self.waits:
            self.go_on.wait()
        return IssuedToken(Subject(client), "token", "jti", ("uaa.resource",), 599)

    def prepare(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> Any:
        return ("prepared", client)


@dataclass
class Around:
    """The client's authentication, and an observer."""

    calls: list[tuple[str, ...]] = field(default_factory=list)
    is_revoked: bool = False

    def read(self, environ: object, form: object) -> None:
        """Read nothing."""

    def client_of(self, attempt: None) -> AuthenticatedClient:
        return CLIENT

    def again(self, attempt: None) -> AuthenticatedClient:
        self.calls.append(("again",))
        if self.is_revoked:
            raise AuthenticationFailed("deleted")
        return CLIENT

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        self.calls.append(("issued", grant_type))

    def rejected(self, code: str) -> None:
        self.calls.append(("rejected", code))


FAST, SLOW, FORBIDDEN = (SomeGrant(name) for name in (*GRANT_TYPES, "password"))


def endpoint(around: Any, slow: Any = SLOW) -> TokenEndpoint:
    grants: Any = {grant.grant_type: grant for grant in (FAST, slow, FORBIDDEN)}
    return TokenEndpoint(around, grants, FAST, around)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "invalid_client"),
        ({"grant_type": "client_credentials", "token_format": "opaque"}, "invalid_request"),
    ],
)
def test_a_grant_must_be_named_known_and_allowed(form: dict[str, str], code: str) -> None:
    with pytest.raises(GrantRefused) as refused:
        endpoint(Around()).allowed(CLIENT, form)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("grant_types", "credential_type", "is_allowed"),
    [
        (("client_x509",), CredentialType.X509, True),
        (("client_x509",), CredentialType.BINDING_SECRET, False),
        (("client_x509",), CredentialType.INSTANCE_SECRET, False),
        (("client_x509", "client_credentials"), CredentialType.BINDING_SECRET, True),
        (("password",), CredentialType.X509, False),
        ((), CredentialType.X509, False),
    ],
)
def test_client_x509_allows_client_credentials_by_certificate_only(
    grant_types: tuple[str, ...], credential_type: CredentialType, *, is_allowed: bool
) -> None:
    """D-60: on the fast path and beside it; the answer is that of any other refused grant."""
    client = replace(
        CLIENT,
        client=replace(CLIENT.client, grant_types=grant_types),
        credential_type=credential_type,
    )
    form = {"grant_type": "client_credentials"}
    if is_allowed:
        assert endpoint(Around()).allowed(client, form) is FAST
        assert endpoint(Around()).grant(client, form).grant_type == "client_credentials"
        return
    for decide in (endpoint(Around()).allowed, endpoint(Around()).grant):
        with pytest.raises(GrantRefused) as refused:
            decide(client, form)
        assert (refused.value.code, str(refused.value)) == (
            "invalid_client",
            "Unauthorized grant type",
        )


def test_client_x509_allows_no_other_grant() -> None:
    client = replace(CLIENT, client=replace(CLIENT.client, grant_types=("client_x509",)))
    for grant_type in ("urn:slow", "password"):
        with pytest.raises(GrantRefused, match="Unauthorized grant type"):
            endpoint(Around()).allowed(client, {"grant_type": grant_type})
    with pytest.raises(GrantRefused, match="Unsupported grant type"):
        endpoint(Around()).allowed(client, {"grant_type": "client_x509"})


@pytest.mark.parametrize("format_", ["jwt", "", "anything"])
def test_any_other_format_means_a_jwt(format_: str) -> None:
    """O-63."""
    form = {"grant_type": "urn:slow", "token_format": format_}
    assert endpoint(Around()).allowed(CLIENT, form) is SLOW


def test_the_batchable_grant_prepares_tokens_by_the_same_rules() -> None:
    granted = endpoint(Around()).grant(CLIENT, {})
    prepared: Any = granted.token
    assert (granted.grant_type, prepared) == ("client_credentials", ("prepared", CLIENT))
    with pytest.raises(GrantRefused):
        endpoint(Around()).grant(CLIENT, {"token_format": "opaque"})


def app_of(around: Any, slow: Any = SLOW, *, slots: FairSlots | None = None) -> Flask:
    app, blueprint = Flask(__name__), Blueprint("oauth", __name__)
    register_error_handlers(blueprint, around)
    add_token_endpoint(blueprint, endpoint(around, slow), slots or FairSlots(1, 0), Turn())
    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("grant_type", GRANT_TYPES)
def test_a_token_is_returned_and_observed(grant_type: str) -> None:
    around = Around()
    response = app_of(around).test_client().post("/oauth/token", data={"grant_type": grant_type})
    assert response.get_json() == {
        "access_token": "token",
        "token_type": "bearer",
        "expires_in": 599,
        "scope": "uaa.resource",
        "jti": "jti",
    }
    assert around.calls == [("issued", grant_type)]


def test_a_refusal_is_observed_by_its_code() -> None:
    around = Around()
    response = app_of(around).test_client().post("/oauth/token", data={"grant_type": "magic"})
    assert response.status_code == 400
    assert around.calls == [("rejected", "unsupported_grant_type")]


def test_grants_that_wait_leave_room_for_those_that_do_not() -> None:
    """D-50."""
    slow = SomeGrant("urn:slow", waits=True)
    app = app_of(Around(), slow)

    def status(grant_type: str) -> int:
        return app.test_client().post("/oauth/token", data={"grant_type": grant_type}).status_code

    found: list[int] = []
    waiting = threading.Thread(target=lambda: found.append(status("urn:slow")))
    waiting.start()
    try:
        slow.entered.wait()
        assert status("urn:slow") == HTTPStatus.SERVICE_UNAVAILABLE
        assert status("client_credentials") == HTTPStatus.OK
    finally:
        slow.go_on.set()
        waiting.join()
    assert found == [HTTPStatus.OK]
    slow.waits = False
    assert status("urn:slow") == HTTPStatus.OK


class WaitedSlots(FairSlots):
    """Every request has waited."""

    @contextmanager
    def slot(self, client_row_id: int) -> Iterator[bool]:
        yield True


@pytest.mark.parametrize("is_revoked", [False, True])
def test_a_request_that_has_waited_is_authenticated_again(*, is_revoked: bool) -> None:
    """D-03: no token for a credential that was deleted meanwhile."""
    app = app_of(Around(is_revoked=is_revoked), slots=WaitedSlots(1, 0))
    response = app.test_client().post("/oauth/token", data={"grant_type": "urn:slow"})
    assert response.status_code == (HTTPStatus.UNAUTHORIZED if is_revoked else HTTPStatus.OK)
