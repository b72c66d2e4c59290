"""A client of the administration APIs with a token of an apiaccess instance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from tests.clients.service_instance import ServiceInstance
from tests.support.application import fetch_token
from tests.support.platform import APIACCESS, a_guid

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import JsonObject, PlatformClient

AUTHORIZATION = "/sap/rest/authorization/v2"
ALL_SCOPES = tuple(
    f"xs_{family}.{right}"
    for family in ("authorization", "idp", "user")
    for right in ("read", "write")
)


@dataclass(frozen=True)
class ApiClient:
    """Sends requests with one token; ``path`` parts are percent-encoded by ``path_of``."""

    url: str
    token: str
    zone: str
    credentials: Credentials = field(default_factory=dict)
    instance_id: str = ""

    def __call__(
        self, method: str, path: str, json: Any = None, *, bearer: str = "Bearer", **options: Any
    ) -> requests.Response:
        """Send a request to a path that is encoded already."""
        headers = {"Authorization": f"{bearer} {self.token}"} | options.pop("headers", {})
        request = requests.Request(
            method,
            self.url,
            headers=headers,
            json=json,
            params=options.pop("params", None),
            data=options.pop("data", None),
        )
        with requests.Session() as session:
            prepared = session.prepare_request(request)
            _, _, query = (prepared.url or "").partition("?")
            # Not normalised: dots stay segments.
            prepared.url = f"{self.url}{path}" + (f"?{query}" if query else "")
            return session.send(prepared, timeout=60, allow_redirects=False)

    def get(self, path: str, **options: Any) -> Any:
        """Return the JSON of a successful GET."""
        response = self("GET", path, **options)
        assert response.status_code == 200, response.text
        return response.json()


def path_of(*segments: str) -> str:
    """Return a path below the authorization API with encoded segments."""
    return AUTHORIZATION + "".join(f"/{quote(each, safe='')}" for each in segments)


def api_client(
    platform: PlatformClient, *scopes: str, organization: str | None = None
) -> ApiClient:
    """Create an apiaccess instance in the zone of an organization, by default a new one.

    Its token has the scopes, by default all.
    """
    organization = organization or a_guid()
    instance = ServiceInstance(platform, APIACCESS)
    created = platform.provision(
        instance.instance_id, None, APIACCESS, **in_organization(organization)
    )
    assert created.status_code == 201, created.text
    credentials = instance.create_key().credentials
    return replace(with_scopes(credentials, *scopes), instance_id=instance.instance_id)


def in_organization(organization: str) -> JsonObject:
    """Return the members of a provision request in this organization."""
    return {
        "organization_guid": organization,
        "context": {"platform": "cloudfoundry", "organization_guid": organization},
    }


def with_scopes(credentials: Credentials, *scopes: str) -> ApiClient:
    """Return a client whose token has these scopes of the credentials, by default all."""
    response = fetch_token(credentials, scope=" ".join(scopes))
    assert response.status_code == 200, response.text
    return ApiClient(
        credentials["apiurl"],
        response.json()["access_token"],
        credentials["identityzoneid"],
        credentials,
    )
