"""``/userinfo`` and ``/info`` over HTTP, on both databases (I-95, I-104, O-113, O-115)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.clients.service_instance import ServiceInstance
from tests.support.application import fetch_token
from tests.support.platform import a_descriptor, a_guid, credential_types
from tests.support.server_store import ServerStore, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.identity.user import User
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server


@dataclass(frozen=True)
class Application:
    """An application, and a user of its zone."""

    server: Server
    store: ServerStore
    credentials: Credentials
    user: User

    def token(self, *scopes: str) -> str:
        """Return an access token of the user."""
        user = self.store.current(self.user)
        return self.store.tokens.issue(self.credentials, user, *scopes).access_token

    def command(self, *words: str) -> None:
        """Run a command on the user."""
        zone = ("--zone", self.credentials["identityzoneid"])
        self.server.command("users", words[0], self.user.name, *zone, *words[1:])


@pytest.fixture
def application(platform: PlatformClient, server: Server) -> Iterator[Application]:
    types = credential_types("binding-secret")
    instance = ServiceInstance(platform).create(a_descriptor(oauth2_configuration=types))
    credentials = instance.create_key("binding-secret").credentials
    with store_of(server) as store:
        name = f"anna-{a_guid()}"
        zone = credentials["identityzone"]
        user = store.add_user(zone, name, email="anna@example.org", given_name="Anna")
        yield Application(server, store, credentials, user)


def get(application: Application, token: str | None, method: str = "GET") -> requests.Response:
    return requests.request(
        method,
        f"{application.credentials['url']}/userinfo",
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
        timeout=30,
    )


def test_the_user_of_a_token(application: Application) -> None:
    """I-104: as stored now, not as at the issue of the token."""
    token = application.token("openid", "roles", "user_attributes")
    expected: dict[str, Any] = {
        "sub": application.user.user_id,
        "user_id": application.user.user_id,
        "user_name": application.user.name,
        "given_name": "Anna",
        "name": "Anna",
        "email": "anna@example.org",
        "email_verified": False,
        "roles": [],
        "user_attributes": {},
    }
    for method in ("GET", "POST"):
        response = get(application, token, method)
        assert (response.status_code, response.json()) == (200, expected)
        assert response.headers["Cache-Control"] == "no-store"
    assert get(application, token, "HEAD").content == b""
    application.command("deactivate", "--yes")
    response = get(application, token)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


def test_tokens_without_a_user_or_openid_are_refused(application: Application) -> None:
    """O-115, D-58."""
    of_client = fetch_token(application.credentials).json()["access_token"]
    assert get(application, of_client).status_code == 403
    without = get(application, application.token("uaa.user"))
    assert without.status_code == 403
    assert 'scope="openid"' in without.headers["WWW-Authenticate"]
    for token in (None, "", "x", "x.y.z"):
        assert get(application, token).status_code == 401


def test_an_id_token_is_no_access_token(application: Application) -> None:
    """I-107."""
    user = application.store.current(application.user)
    issued = application.store.tokens.issue(application.credentials, user)
    assert issued.id_token is not None
    assert get(application, issued.id_token).status_code == 401


def test_a_page_of_another_origin_may_read_it(application: Application) -> None:
    """O-117: without cookies."""
    url = f"{application.credentials['url']}/userinfo"
    preflight = requests.options(url, headers={"Origin": "https://app.example.org"}, timeout=30)
    assert preflight.ok
    for response in (preflight, get(application, "x"), get(application, application.token())):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers
