"""Every case of redirect URIs where they are used: login and logout (I-70 to I-74, TH-01)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.redirects.pattern import parse_pattern
from broker.redirects.uri import InvalidUri, parse_uri
from tests.support.login_browser import LoginBrowser
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.redirect_cases import MATCHES, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.application import Credentials
    from tests.support.server import Server


def client_with(platform: PlatformClient, registered: str) -> Credentials | None:
    """Return the client of a new application; None if the URI is refused at registration."""
    instance = a_guid()
    settings = {**credential_types("binding-secret"), "redirect-uris": [registered]}
    provisioned = platform.provision(instance, a_descriptor(oauth2_configuration=settings))
    if provisioned.status_code != 201:
        assert provisioned.status_code == 400
        return None
    bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return bound


def is_allowed_in_dev(requested: str) -> bool:
    """Return whether mode dev allows the URI unregistered (I-73)."""
    try:
        return parse_pattern("http://localhost:*/**").matches(parse_uri(requested))
    except InvalidUri:
        return False


def test_login_and_logout_lead_to_registered_uris_only(servers: Callable[[str], Server]) -> None:
    server = servers("sqlite")
    platform = PlatformClient(server.url, server.user, server.password)
    browser = LoginBrowser(server.url)
    clients: dict[str, Credentials | None] = {}
    wrong: list[tuple[str, str, str]] = []
    for registered, requested in [*MATCHES, *REFUSED]:
        if registered not in clients:
            clients[registered] = client_with(platform, registered)
        client = clients[registered]
        is_match = (registered, requested) in MATCHES
        if client is None:
            assert not is_match, registered
            continue
        if not is_match and is_allowed_in_dev(requested):
            continue
        asked = browser.authorize(client, redirect_uri=requested, prompt="none")
        ended = browser.get(
            "/logout.do", params={"client_id": client["clientid"], "redirect": requested}
        )
        separator = "&" if "?" in requested else "?"
        if is_match:
            is_right = asked.status_code == 302 and asked.headers["Location"].startswith(
                f"{requested}{separator}error=login_required&"
            )
            has_ended = (ended.status_code, ended.headers.get("Location")) == (302, requested)
        else:
            is_right = asked.status_code == 400 and "Location" not in asked.headers
            has_ended = "Location" not in ended.headers and ended.status_code in {200, 400}
        wrong += [("login", registered, requested)] * (not is_right)
        wrong += [("logout", registered, requested)] * (not has_ended)
    assert wrong == []
