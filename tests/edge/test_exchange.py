"""The exchange of users' tokens as SAP's libraries request it, and what ends it (D-44, D-59)."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import update

from broker.ids import new_row_id
from broker.store.tables.identity import shadow_user
from tests.clients.service_instance import ServiceInstance
from tests.support.application import fetch_token, token_claims
from tests.support.mutual_tls import connect
from tests.support.platform import APIACCESS, a_descriptor, credential_types
from tests.support.server_store import ServerStore, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.identity.user import User
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ATTRIBUTES = '{"az_attr": {"a": "b"}}'


@dataclass(frozen=True)
class Application:
    """A service instance with a user of its zone, who has logged on there."""

    store: ServerStore
    instance: ServiceInstance
    credentials: Credentials
    user: User

    def token(self, *scopes: str, **options: Any) -> str:
        """Return an access token of the user, as it is stored now."""
        user = self.store.current(self.user)
        issued = self.store.tokens.issue(self.credentials, user, *scopes, **options)
        return issued.access_token


def an_application(platform: PlatformClient) -> ServiceInstance:
    types = credential_types("binding-secret", "x509")
    return ServiceInstance(platform).create(a_descriptor(oauth2_configuration=types))


@pytest.fixture
def application(platform: PlatformClient, server: Server) -> Iterator[Application]:
    instance = an_application(platform)
    credentials = instance.create_key("binding-secret").credentials
    with store_of(server) as store:
        name = instance.instance_id
        user = store.add_user(credentials["identityzone"], name, email="anna@example.org")
        yield Application(store, instance, credentials, user)


def post(credentials: Credentials, *, basic: bool = False, **form: str) -> requests.Response:
    client = credentials["clientid"], credentials["clientsecret"]
    in_body = {} if basic else {"client_id": client[0], "client_secret": client[1]}
    return requests.post(
        f"{credentials['url']}/oauth/token",
        data={"grant_type": JWT_BEARER, **in_body, **form},
        auth=client if basic else None,
        headers={"x-zid": credentials["identityzoneid"]},
        timeout=30,
    )


def is_active(credentials: Credentials, token: str) -> bool:
    client = credentials["clientid"], credentials["clientsecret"]
    url = f"{credentials['url']}/introspect"
    found = requests.post(url, data={"token": token}, auth=client, timeout=30).json()
    return bool(found["active"])


def test_the_requests_of_libraries(application: Application) -> None:
    """M7 to M9: node, java and python."""
    credentials, token = application.credentials, application.token()
    client_id = credentials["clientid"]
    requested = [
        post(credentials, assertion=token, scope="openid", token_format="jwt"),
        post(credentials, assertion=token, scope="openid,openid"),
        post(credentials, assertion=token, authorities=ATTRIBUTES, token_format="jwt"),
        post(
            credentials,
            basic=True,
            assertion=token,
            client_id=client_id,
            response_type="token",
            scope="",
        ),
    ]
    for response in requested:
        assert response.status_code == 200, response.text
        body, claims = response.json(), token_claims(response.json()["access_token"])
        assert list(body) == [
            *("access_token", "token_type", "id_token", "refresh_token", "expires_in", "scope"),
            "jti",
        ]
        assert isinstance(body["expires_in"], int)
        assert claims["cid"] == client_id
        assert claims["user_name"] == application.user.name
        assert claims["email"] == "anna@example.org"
        assert claims["grant_type"] == JWT_BEARER
        assert claims["zid"] == credentials["identityzoneid"]
        assert claims["scope"] == ["openid"]
        assert is_active(credentials, body["access_token"])
        assert token_claims(body["id_token"])["jti"] == body["jti"]
    attributes = token_claims(requested[2].json()["access_token"])["az_attr"]
    assert attributes == {"a": "b"}


def test_the_log_names_the_user_of_each_token(application: Application, server: Server) -> None:
    """D-32, D-59: tokens themselves are not stored."""
    body = post(application.credentials, assertion=application.token()).json()
    [line] = [line for line in server.log().splitlines() if body["jti"] in line]
    assert json.loads(line)["user_id"] == application.user.user_id


def test_the_token_of_another_application_needs_uaa_user(
    application: Application, platform: PlatformClient
) -> None:
    """M15, I-119: the credentials of a reuse service's clone."""
    clone = an_application(platform).create_key("binding-secret").credentials
    refused = post(clone, assertion=application.token("openid"))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert "uaa.user" in refused.json()["error_description"]
    assert "WWW-Authenticate" in refused.headers
    accepted = post(clone, assertion=application.token("openid", "uaa.user"))
    claims = token_claims(accepted.json()["access_token"])
    assert claims["azp"] == clone["clientid"]
    assert "uaa.user" not in claims["scope"]  # the clone's descriptor does not name it
    again = post(application.credentials, assertion=accepted.json()["access_token"])
    assert again.status_code == 401


def test_a_certificate_exchanges_a_token_and_binds_the_new_one(
    application: Application, server: Server
) -> None:
    """M7 with a certificate (RFC 8705 section 3.1)."""
    credentials = application.instance.create_key("x509").credentials
    form = {"grant_type": JWT_BEARER, "client_id": credentials["clientid"]}
    with closing(connect(credentials, server.ca_file)) as connection:
        connection.request(
            "POST",
            "/oauth/token",
            urlencode(form | {"assertion": application.token()}),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        body = json.loads(connection.getresponse().read())
    assert set(token_claims(body["access_token"])["cnf"]) == {"x5t#S256"}


UNUSABLE = {
    "": (401, "unauthorized"),
    "x": (401, "invalid_token"),
    "ü.\x00.x": (401, "invalid_token"),
    "x" * 16_385: (400, "invalid_request"),
}


def test_unusable_assertions_and_deprecated_grants(application: Application) -> None:
    """O-45, O-46, I-123, I-124."""
    for assertion, expected in UNUSABLE.items():
        response = post(application.credentials, assertion=assertion)
        assert (response.status_code, response.json()["error"]) == expected
    body = {"error": "unsupported_grant_type", "error_description": "Unsupported grant type"}
    for grant_type in ("user_token", JWT_BEARER.replace("jwt", "saml2")):
        response = post(application.credentials, grant_type=grant_type, assertion="x")
        assert (response.status_code, response.json()) == (400, body)


def test_without_its_source_a_token_gives_no_refresh_token(application: Application) -> None:
    """D-44: the session or refresh family of the token has ended."""
    response = post(application.credentials, assertion=application.token(source=new_row_id()))
    assert response.status_code == 200
    assert "refresh_token" not in response.json()


def test_the_end_of_a_users_sessions_ends_tokens_and_exchanges(
    application: Application, platform: PlatformClient
) -> None:
    """O-103, D-59: over the API of administrators."""
    credentials = application.credentials
    administrator = ServiceInstance(platform, APIACCESS).create({}).create_key().credentials
    token = application.token()
    derived = post(credentials, assertion=token).json()["access_token"]
    user, bearer = application.user.user_id, fetch_token(administrator).json()["access_token"]

    def revoke(path: str, token: str) -> requests.Response:
        url = f"{credentials['url']}/oauth/token/revoke/user/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        return requests.delete(url, headers=headers, timeout=30)

    assert is_active(credentials, token)
    of_client = fetch_token(credentials).json()["access_token"]
    for caller in (of_client, token):
        assert revoke(user, caller).status_code == 403
    unknown = revoke("0a1b2c3d-0000-4000-8000-0000000000ff", bearer)
    assert (unknown.status_code, unknown.json()) == (
        404,
        {"error": "invalid_token", "error_description": "Resource not found"},
    )
    assert revoke(user, bearer).status_code == 200
    assert [is_active(credentials, each) for each in (token, derived)] == [False, False]
    assert post(credentials, assertion=token).status_code == 401
    assert is_active(credentials, of_client)
    later = application.token()
    assert is_active(credentials, later)
    at_client = f"{user}/client/{credentials['clientid']}"
    assert revoke(at_client, of_client).status_code == 200
    assert not is_active(credentials, later)


def test_an_inactive_user_has_no_token(application: Application) -> None:
    """I-09, D-59: at once on every worker."""
    token = application.token()
    with application.store.engine.begin() as connection:
        connection.execute(
            update(shadow_user)
            .where(shadow_user.c.id == application.user.row_id)
            .values(is_active=False)
        )
    assert not is_active(application.credentials, token)
    assert post(application.credentials, assertion=token).status_code == 401


def test_a_user_revokes_only_the_own_token(application: Application) -> None:
    """D-58, RFC 7009."""
    credentials = application.credentials
    own, other = application.token(), application.token()

    def revoke(token: str) -> int:
        url, headers = f"{credentials['url']}/oauth/revoke", {"Authorization": f"Bearer {own}"}
        return requests.post(url, data={"token": token}, headers=headers, timeout=30).status_code

    assert revoke(other) == 403
    assert revoke(own) == 200
    assert revoke(own) == 401
    assert [is_active(credentials, each) for each in (own, other)] == [False, True]


def test_a_refresh_token_of_an_exchange_ends_with_its_source(
    application: Application, platform: PlatformClient
) -> None:
    """D-44, RFC 7009: also revoked by its own client only."""
    credentials = application.credentials
    first = post(credentials, assertion=application.token()).json()
    second = post(credentials, assertion=first["access_token"]).json()

    def refreshes(body: dict[str, Any]) -> bool:
        token = body["refresh_token"]
        return post(credentials, grant_type="refresh_token", refresh_token=token).ok

    def revoke(by: Credentials) -> int:
        client, form = (by["clientid"], by["clientsecret"]), {"token": first["refresh_token"]}
        url = f"{by['url']}/oauth/revoke"
        return requests.post(url, data=form, auth=client, timeout=30).status_code

    assert [refreshes(first), refreshes(second)] == [True, True]
    other = an_application(platform).create_key("binding-secret").credentials
    assert revoke(other) == 200  # as for an unknown token
    assert [refreshes(first), refreshes(second)] == [True, True]
    assert revoke(credentials) == 200
    assert [refreshes(first), refreshes(second)] == [False, False]
