"""An application, and a provider at which its users log on, at a running server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.application import token_claims
from tests.support.login_browser import CALLBACK, LoginBrowser, exchange, query_of
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    import requests

    from tests.support.application import Credentials
    from tests.support.hostile_provider import HostileProvider
    from tests.support.server import Server

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class ProviderLogin:
    """An application, and a provider of its zone."""

    server: Server
    credentials: Credentials
    provider: HostileProvider
    origin: str

    @classmethod
    def create(
        cls, server: Server, provider: HostileProvider, organization: str = ""
    ) -> ProviderLogin:
        """Return an application in a zone of its own, which does not know the provider yet.

        ``organization`` is that of the zone, by default a new one.
        """
        platform = PlatformClient(server.url, server.user, server.password)
        instance, org = a_guid(), organization or a_guid()
        settings = {
            **credential_types("binding-secret"),
            "redirect-uris": [CALLBACK],
            "grant-types": ["authorization_code", JWT_BEARER, "refresh_token"],
        }
        descriptor = a_descriptor(
            scopes=[{"name": "$XSAPPNAME.Display"}],
            role_templates=[{"name": "Viewer", "scope-references": ["$XSAPPNAME.Display"]}],
            oauth2_configuration=settings,
        )
        context = {"platform": "cloudfoundry", "organization_guid": org, "space_guid": a_guid()}
        created = platform.provision(
            instance,
            descriptor,
            organization_guid=org,
            space_guid=context["space_guid"],
            context=context,
        )
        assert created.status_code == 201, created.text
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        return cls(server, credentials, provider, f"corp-{a_guid()[:8]}")

    @property
    def zone(self) -> str:
        """The GUID of the zone."""
        return str(self.credentials["identityzoneid"])

    def command(self, *arguments: str, stdin: str = "", check: bool = True) -> Any:
        """Run a command about the providers of the zone."""
        return self.server.command(
            "providers", *arguments, "--zone", self.zone, stdin=stdin, check=check
        )

    def add_provider(self, **more: Any) -> None:
        """Add the provider to the zone; ``more`` are members of its configuration."""
        document = self.provider.configuration(**more)
        self.command("add", self.origin, "--file", "-", stdin=json.dumps(document))

    def browser(self) -> LoginBrowser:
        """Return a browser without cookies."""
        return LoginBrowser(self.server.url)

    def start(self, browser: LoginBrowser, **parameters: str) -> str:
        """Return the URL of the provider to which the authorization request leads."""
        response = browser.authorize(self.credentials, idp=self.origin, **parameters)
        assert response.status_code == 303, response.text
        return str(response.headers["Location"])

    def callback(
        self, browser: LoginBrowser, parameters: dict[str, str], origin: str = "", **options: Any
    ) -> requests.Response:
        """Return from the provider with these parameters."""
        path = f"/login/callback/{origin or self.origin}"
        return browser.get(path, params=parameters, **options)

    def finish(self, browser: LoginBrowser, **changes: str | None) -> requests.Response:
        """Log on; ``changes`` replace parameters with which the browser returns."""
        url = self.start(browser)
        return self.callback(browser, self.provider.authorized(url, **changes))

    def claims(self) -> dict[str, Any]:
        """Return the claims of the access token after a logon in a new browser."""
        code = query_of(self.finish(self.browser()))["code"]
        return token_claims(exchange(self.credentials, code).json()["access_token"])

    def users(self) -> list[str]:
        """Return the names of the provider's users."""
        listed = self.server.command("users", "list", "--zone", self.zone, "--json").stdout
        return [each["name"] for each in json.loads(listed) if each["origin"] == self.origin]
