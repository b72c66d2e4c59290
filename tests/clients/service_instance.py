"""A service instance and its keys, as an administrator manages them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.platform import APPLICATION, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import JsonObject, PlatformClient


@dataclass(frozen=True)
class ServiceKey:
    """A service key and its credentials."""

    binding_id: str
    credentials: Credentials


@dataclass(frozen=True)
class ServiceInstance:
    """An instance of a plan."""

    platform: PlatformClient
    plan_id: str = APPLICATION
    instance_id: str = field(default_factory=a_guid)

    def create(self, descriptor: JsonObject | None = None) -> ServiceInstance:
        """Create the instance."""
        response = self.platform.provision(self.instance_id, descriptor, self.plan_id)
        assert response.status_code == 201, response.text
        return self

    def update(self, changes: JsonObject) -> None:
        """Change keys of the instance's descriptor."""
        current = self.platform.fetch(self.instance_id).json()["parameters"]
        response = self.platform.update(self.instance_id, current | changes)
        assert response.status_code == 200, response.text

    def create_key(self, credential_type: str | None = None) -> ServiceKey:
        """Create a service key, by default of the instance's first credential type."""
        key_id = a_guid()
        parameters = {"credential-type": credential_type} if credential_type else None
        response = self.platform.bind(self.instance_id, key_id, parameters, self.plan_id)
        assert response.status_code == 201, response.text
        return ServiceKey(key_id, response.json()["credentials"])

    def delete_key(self, key: ServiceKey) -> None:
        """Delete a service key."""
        response = self.platform.unbind(self.instance_id, key.binding_id, self.plan_id)
        assert response.status_code == 200, response.text


def displaying_application(platform: PlatformClient, **changes: Any) -> ServiceInstance:
    """Create an application whose client may display; only its users may edit."""
    scopes = [{"name": f"$XSAPPNAME.{name}"} for name in ("Display", "Edit")]
    descriptor = a_descriptor(
        scopes=scopes,
        authorities=["$XSAPPNAME.Display"],
        oauth2_configuration=credential_types("binding-secret", "instance-secret"),
    )
    return ServiceInstance(platform).create(descriptor | changes)


def granting_application(platform: PlatformClient, *grantees: str) -> ServiceInstance:
    """Create an application that grants its scope Read, and not Write, as an authority."""
    scopes = [
        {"name": "$XSAPPNAME.Read", "grant-as-authority-to-apps": list(grantees)},
        {"name": "$XSAPPNAME.Write"},
    ]
    return ServiceInstance(platform).create(a_descriptor(scopes=scopes, role_templates=[]))


def accepting_application(platform: PlatformClient, name: str) -> ServiceInstance:
    """Create an application of this name that accepts every authority granted to it."""
    descriptor = {"xsappname": name, "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]}
    return ServiceInstance(platform).create(descriptor)
