"""A client of the OSB API that sends the requests of Cloud Foundry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from tests.support.referee import verdict

SERVICE_ID = "0f0d6a4e-7a1c-4b0e-9a55-6d1b3f0c8e21"
APPLICATION = "5c0a1f7e-3a7b-4c52-8f3e-1f8a3b1f6d02"
APIACCESS = "b6a0c9d4-2f3c-4b7a-9f0e-7d5d2a8c4e13"

ORGANIZATION = "11111111-aaaa-4bbb-8ccc-000000000001"
SPACE = "22222222-aaaa-4bbb-8ccc-000000000002"

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class PlatformClient:
    """Calls the OSB API of a broker; every method returns the whole response.

    Every response is validated as a platform would; ``may_fail`` is for tests that provoke a 5xx.
    """

    url: str
    user: str
    password: str
    timeout: float = 60.0
    may_fail: bool = False

    def request(
        self, method: str, path: str, *, headers: JsonObject | None = None, **options: Any
    ) -> requests.Response:
        """Send any request below ``/v2`` with the usual headers; a header None is left out."""
        options.setdefault("auth", (self.user, self.password))
        sent = {"X-Broker-API-Version": "2.15", "Accept": "application/json", **(headers or {})}
        response = requests.request(
            method,
            f"{self.url}/v2{path}",
            headers={name: value for name, value in sent.items() if value is not None},
            timeout=self.timeout,
            allow_redirects=False,
            **options,
        )
        self._judge(response)
        return response

    def _judge(self, response: requests.Response) -> None:
        asked = response.request
        method, path = asked.method or "", asked.path_url
        broken = verdict(
            method,
            path,
            asked.headers,
            response.status_code,
            response.headers,
            response.content,
            may_fail=self.may_fail,
        )
        if broken:
            raise AssertionError("\n".join([f"{method} {path}", *broken]))

    def catalog(self) -> requests.Response:
        """Read the catalog."""
        return self.request("GET", "/catalog")

    def provision(
        self,
        instance_id: str,
        parameters: JsonObject | None = None,
        plan_id: str = APPLICATION,
        **members: Any,
    ) -> requests.Response:
        """Create an instance; ``members`` replace or add members of the body."""
        body = {
            "service_id": SERVICE_ID,
            "plan_id": plan_id,
            "organization_guid": ORGANIZATION,
            "space_guid": SPACE,
            "context": {
                "platform": "cloudfoundry",
                "organization_guid": ORGANIZATION,
                "space_guid": SPACE,
                "organization_name": "My Org",
                "space_name": "dev",
                "instance_name": "my-uaa",
            },
            **({} if parameters is None else {"parameters": parameters}),
            **members,
        }
        return self.request("PUT", f"/service_instances/{instance_id}", json=body)

    def update(
        self, instance_id: str, parameters: JsonObject | None = None, **members: Any
    ) -> requests.Response:
        """Update an instance; Cloud Controller always sends ``parameters``."""
        body = {
            "service_id": SERVICE_ID,
            "plan_id": APPLICATION,
            "parameters": parameters or {},
            "previous_values": {"plan_id": APPLICATION, "maintenance_info": None},
            **members,
        }
        return self.request("PATCH", f"/service_instances/{instance_id}", json=body)

    def deprovision(self, instance_id: str, plan_id: str = APPLICATION) -> requests.Response:
        """Delete an instance."""
        return self.request(
            "DELETE", f"/service_instances/{instance_id}", params=self._ids(plan_id)
        )

    def bind(
        self,
        instance_id: str,
        binding_id: str,
        parameters: JsonObject | None = None,
        plan_id: str = APPLICATION,
        **members: Any,
    ) -> requests.Response:
        """Create a service key, or with ``app_guid`` an application's binding."""
        body = {
            "service_id": SERVICE_ID,
            "plan_id": plan_id,
            "bind_resource": {},
            **({} if parameters is None else {"parameters": parameters}),
            **members,
        }
        return self.request("PUT", self._binding(instance_id, binding_id), json=body)

    def unbind(
        self, instance_id: str, binding_id: str, plan_id: str = APPLICATION
    ) -> requests.Response:
        """Delete a binding."""
        return self.request(
            "DELETE", self._binding(instance_id, binding_id), params=self._ids(plan_id)
        )

    def fetch(self, instance_id: str) -> requests.Response:
        """Read an instance back."""
        return self.request("GET", f"/service_instances/{instance_id}")

    def fetch_binding(self, instance_id: str, binding_id: str) -> requests.Response:
        """Read a binding back."""
        return self.request("GET", self._binding(instance_id, binding_id))

    @staticmethod
    def _binding(instance_id: str, binding_id: str) -> str:
        return f"/service_instances/{instance_id}/service_bindings/{binding_id}"

    @staticmethod
    def _ids(plan_id: str) -> dict[str, str]:
        return {"service_id": SERVICE_ID, "plan_id": plan_id, "accepts_incomplete": "true"}


def a_guid() -> str:
    """Return a fresh GUID, as platforms use for instances and bindings."""
    return str(uuid4())


def a_descriptor(**changes: Any) -> JsonObject:
    """Return a small valid xs-security.json under a name of its own; keys with dashes by ``_``."""
    descriptor: JsonObject = {
        "xsappname": f"app-{uuid4().hex[:12]}",
        "scopes": [{"name": "$XSAPPNAME.Display", "description": "Display things"}],
        "role-templates": [{"name": "Viewer", "scope-references": ["$XSAPPNAME.Display"]}],
    }
    return descriptor | {name.replace("_", "-"): value for name, value in changes.items()}


def credential_types(*types: str) -> JsonObject:
    """Return the ``oauth2-configuration`` that lists these types."""
    return {"credential-types": list(types)}
