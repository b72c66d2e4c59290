"""Authorization codes and refresh tokens over HTTP, as SAP's application router sends them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests

from broker.tokens.authorization_code import AuthorizationCodes, challenge_of
from broker.tokens.user_tokens import Logon
from tests.clients.service_instance import ServiceInstance
from tests.support.application import fetch_token, token_claims
from tests.support.mutual_tls import connect
from tests.support.platform import a_descriptor, credential_types
from tests.support.server_store import ServerStore, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from broker.identity.user import User
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

REDIRECT = "https://router.example.org/login/callback"
VERIFIER = "v" * 43
UNKNOWN = {
    "error": "invalid_token",
    "error_description": "The token expired, was revoked, or the token ID is incorrect.",
}
INVALID_CODE = {"error": "invalid_grant", "error_description": "Invalid authorization code"}


@dataclass(frozen=True)
class Application:
    """A service instance with a user of its zone."""

    store: ServerStore
    instance: ServiceInstance
    credentials: Credentials
    user: User

    def code(self, code_challenge: str | None = None, nonce: str | None = None) -> str:
        """Make a code, as a login page does."""
        clock = self.store.tokens.ring
        client = self.store.tokens.client(self.credentials).client
        logon = Logon(self.store.current(self.user), clock.now(), ("pwd",))
        return self.store.transactions.run(
            lambda store: AuthorizationCodes(clock).create(
                store,
                client,
                logon,
                ("openid",),
                redirect_uri=REDIRECT,
                code_challenge=code_challenge,
                nonce=nonce,
            )
        )


@pytest.fixture
def application(platform: PlatformClient, server: Server) -> Iterator[Application]:
    types = credential_types("binding-secret", "x509")
    instance = ServiceInstance(platform).create(a_descriptor(oauth2_configuration=types))
    credentials = instance.create_key("binding-secret").credentials
    with store_of(server) as store:
        user = store.add_user(credentials["identityzone"], instance.instance_id)
        yield Application(store, instance, credentials, user)


def post(
    credentials: Credentials, form: Mapping[str, str], *, basic: bool = False
) -> requests.Response:
    client = credentials["clientid"], credentials["clientsecret"]
    in_body = {} if basic else {"client_id": client[0], "client_secret": client[1]}
    return requests.post(
        f"{credentials['url']}/oauth/token",
        data={**in_body, **form},
        auth=client if basic else None,
        timeout=30,
    )


def exchange(
    application: Application, code: str, *, basic: bool = False, **more: str
) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    return post(application.credentials, form | more, basic=basic)


def refresh(credentials: Credentials, token: str) -> requests.Response:
    """M4: raw Basic without a client id, and an empty ``app_tid``."""
    form = {"grant_type": "refresh_token", "refresh_token": token, "app_tid": ""}
    return post(credentials, form, basic=True)


def with_certificate(credentials: Credentials, server: Server, **form: str) -> dict[str, Any]:
    """M3, M5."""
    body = urlencode({"client_id": credentials["clientid"], **form})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with closing(connect(credentials, server.ca_file)) as connection:
        connection.request("POST", "/oauth/token", body, headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


def is_active(credentials: Credentials, token: str) -> bool:
    client = credentials["clientid"], credentials["clientsecret"]
    url = f"{credentials['url']}/introspect"
    found = requests.post(url, data={"token": token}, auth=client, timeout=30).json()
    return bool(found["active"])


def test_the_requests_of_the_application_router(application: Application) -> None:
    """M1, M2, M4, M10, M12."""
    credentials = application.credentials
    with_challenge = application.code(code_challenge=challenge_of(VERIFIER), nonce="n")
    responses = [
        exchange(application, with_challenge, code_verifier=VERIFIER, state="s"),
        exchange(application, application.code()),
        exchange(application, application.code(), basic=True),
    ]
    token = responses[0].json()["refresh_token"]
    responses += [
        refresh(credentials, token),
        post(credentials, {"grant_type": "refresh_token", "refresh_token": token}),
    ]
    for response in responses:
        assert response.status_code == 200, response.text
        body = response.json()
        assert list(body) == [
            *("access_token", "token_type", "id_token", "refresh_token", "expires_in", "scope"),
            "jti",
        ]
        assert isinstance(body["expires_in"], int)
        claims = token_claims(body["access_token"])
        assert claims["grant_type"] == "authorization_code"
        assert claims["user_name"] == application.user.name
        assert is_active(credentials, body["access_token"])
    assert {each.json()["refresh_token"] for each in responses[3:]} == {token}
    assert token_claims(responses[0].json()["id_token"])["nonce"] == "n"


def test_certificates_exchange_and_refresh(application: Application, server: Server) -> None:
    """M3, M5: the token is bound to the certificate, the refresh token to the client (I-114)."""
    x509 = application.instance.create_key("x509").credentials
    first = with_certificate(
        x509,
        server,
        grant_type="authorization_code",
        code=application.code(code_challenge=challenge_of(VERIFIER)),
        redirect_uri=REDIRECT,
        code_verifier=VERIFIER,
    )
    token = first["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "app_tid": ""}
    second = with_certificate(x509, server, **form)
    for body in (first, second):
        assert set(token_claims(body["access_token"])["cnf"]) == {"x5t#S256"}
    with_secret = refresh(application.credentials, token).json()
    assert second["refresh_token"] == with_secret["refresh_token"] == token
    assert "cnf" not in token_claims(with_secret["access_token"])


def test_a_second_use_of_a_code_revokes_what_it_gave(application: Application) -> None:
    """I-111, RFC 6749 section 4.1.2."""
    code = application.code()
    body = exchange(application, code).json()
    again = exchange(application, code)
    assert (again.status_code, again.json()) == (400, INVALID_CODE)
    assert not is_active(application.credentials, body["access_token"])
    refused = refresh(application.credentials, body["refresh_token"])
    assert (refused.status_code, refused.json()) == (401, UNKNOWN)
    assert "WWW-Authenticate" in refused.headers


def test_many_refreshes_at_the_same_time_succeed(application: Application) -> None:
    """D-50: more than may run at a time wait for their turn."""
    credentials = application.credentials
    token = exchange(application, application.code()).json()["refresh_token"]
    with ThreadPoolExecutor(16) as threads:
        responses = list(threads.map(lambda _: refresh(credentials, token), range(64)))
    assert [each.status_code for each in responses] == [200] * 64


def test_a_client_revokes_its_refresh_token(application: Application) -> None:
    """RFC 7009."""
    credentials = application.credentials
    token = exchange(application, application.code()).json()["refresh_token"]
    bearer = fetch_token(credentials).json()["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    url = f"{credentials['url']}/oauth/revoke"
    assert requests.post(url, data={"token": token}, headers=headers, timeout=30).ok
    assert refresh(credentials, token).json() == UNKNOWN


def test_an_unbinding_ends_access_tokens_but_no_refresh_token(application: Application) -> None:
    """D-59, D-43: the session survives the rotation of a binding."""
    key = application.instance.create_key("binding-secret")
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
    body = post(key.credentials, form | {"code": application.code()}).json()
    application.instance.delete_key(key)
    credentials = application.credentials
    assert not is_active(credentials, body["access_token"])
    continued = refresh(credentials, body["refresh_token"]).json()
    assert is_active(credentials, continued["access_token"])


def test_the_revocation_of_a_client_ends_its_codes_and_refresh_tokens(
    application: Application,
) -> None:
    """D-59, O-103."""
    credentials = application.credentials
    unused = application.code()
    token = exchange(application, application.code()).json()["refresh_token"]
    bearer = fetch_token(credentials).json()["access_token"]
    revoked = requests.delete(
        f"{credentials['url']}/oauth/token/revoke/client/{credentials['clientid']}",
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=30,
    )
    assert revoked.status_code == 200, revoked.text
    assert refresh(credentials, token).json() == UNKNOWN
    assert exchange(application, unused).json() == INVALID_CODE


def test_bad_requests(application: Application, platform: PlatformClient) -> None:
    """O-37 to O-43: nothing is used up, and no secret is echoed."""
    credentials, code = application.credentials, application.code()
    other = ServiceInstance(platform).create(a_descriptor()).create_key().credentials
    token = exchange(application, application.code()).json()["refresh_token"]
    code_form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
    token_form = {"grant_type": "refresh_token"}
    for client, form, expected in (
        (credentials, code_form, (400, "invalid_request")),
        (credentials, code_form | {"code": ""}, (400, "invalid_request")),
        (credentials, code_form | {"code": "é" * 5000}, (400, "invalid_grant")),
        (credentials, code_form | {"code": code, "redirect_uri": "x"}, (400, "invalid_grant")),
        (credentials, code_form | {"code": code, "code_verifier": "x"}, (400, "invalid_request")),
        (
            credentials,
            code_form | {"code": code, "code_verifier": VERIFIER},
            (400, "invalid_grant"),
        ),
        (other, code_form | {"code": code}, (401, "invalid_client")),
        (credentials, token_form, (400, "invalid_request")),
        (credentials, token_form | {"refresh_token": ""}, (400, "invalid_request")),
        (credentials, token_form | {"refresh_token": "x"}, (401, "invalid_token")),
        (credentials, token_form | {"refresh_token": "\x00"}, (401, "invalid_token")),
        (credentials, token_form | {"refresh_token": code}, (401, "invalid_token")),
        (credentials, code_form | {"code": token}, (400, "invalid_grant")),
        (credentials, token_form | {"refresh_token": token, "scope": "x"}, (400, "invalid_scope")),
        (other, token_form | {"refresh_token": token}, (400, "invalid_grant")),
    ):
        response = post(client, form)
        assert (response.status_code, response.json()["error"]) == expected, form
        assert code not in response.text
        assert token not in response.text
    assert exchange(application, code).status_code == 200
    assert refresh(credentials, token).status_code == 200
