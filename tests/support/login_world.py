"""An application and users who log on in browsers, at a running server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.clients.service_instance import ServiceInstance
from tests.support.login_browser import CALLBACK, LoginBrowser
from tests.support.people import PASSWORD
from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

LOGOUT = "https://app.example.org/logged-out"


@dataclass(frozen=True)
class LoginWorld:
    """One application of a zone, with all grants, and a local user."""

    server: Server
    credentials: Credentials
    user_name: str

    @classmethod
    def create(cls, server: Server, platform: PlatformClient, **configuration: Any) -> LoginWorld:
        """Return a new application with a new user of its zone."""
        settings = {
            **credential_types("binding-secret"),
            "redirect-uris": [CALLBACK, LOGOUT],
            **configuration,
        }
        descriptor = a_descriptor(oauth2_configuration=settings)
        credentials = ServiceInstance(platform).create(descriptor).create_key().credentials
        world = cls(server, credentials, f"anna-{a_guid()}")
        world.add_user(world.user_name)
        return world

    @property
    def zone(self) -> str:
        """The GUID of the zone."""
        return self.credentials["identityzoneid"]

    @property
    def zone_index(self) -> int:
        """The index of the zone, which is in the name of its session cookie."""
        return int(self.credentials["xsappname"].rpartition("!t")[2])

    def add_user(self, name: str, *options: str) -> None:
        """Create a local user."""
        words = ("users", "add", name, "--email", f"{a_guid()}@example.org", "--zone", self.zone)
        self.server.command(*words, "--password-stdin", *options, stdin=PASSWORD)

    def command(self, *words: str) -> Any:
        """Run a command in the zone and return its JSON output."""
        return json.loads(self.server.command(*words, "--zone", self.zone, "--json").stdout)

    def browser(self, url: str = "") -> LoginBrowser:
        """Return a browser without cookies."""
        return LoginBrowser(url or self.server.url)

    def logged_on(self, url: str = "") -> LoginBrowser:
        """Return a browser in which the user has logged on at the application."""
        browser = self.browser(url)
        browser.code(self.credentials, self.user_name, PASSWORD)
        return browser

    def has_session(self, browser: LoginBrowser) -> bool:
        """Return whether the application gets a code without another logon."""
        response = browser.authorize(self.credentials, prompt="none")
        assert response.status_code == 302, response.text
        return "code=" in response.headers["Location"]
