"""A service instance of the database, and its service keys at the running server."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from broker.cli.platform.client import OsbClient
from broker.cli.platform.names import binding_id_of, inspected
from broker.cli.service_keys.formats import ServiceKey
from broker.errors import AlreadyExists, ConfigurationError
from broker.settings.model import DEFAULT_PLATFORM

if TYPE_CHECKING:
    from broker.lifecycle.inspect import Inspection
    from broker.settings.model import Settings


@dataclass(frozen=True, slots=True)
class KeysOfInstance:
    """The service keys of one instance."""

    inspection: Inspection
    client: OsbClient

    @classmethod
    def of(cls, settings: Settings, instance: str) -> KeysOfInstance:
        """Return those of the instance with this id or name.

        Raises NotFound, StateConflict, and ConfigurationError for another platform's
        instance: only the credentials of the default one are known here.
        """
        from broker.composition.administration import open_administration  # noqa: PLC0415

        found = inspected(open_administration(settings).inspect, instance)
        if found.instance.platform != DEFAULT_PLATFORM:
            raise ConfigurationError(
                f"Service instance {instance} belongs to platform {found.instance.platform}: create"
                " and read its bindings there"
            )
        return cls(found, OsbClient.of(settings))

    @property
    def names(self) -> list[str]:
        """The names of all bindings: their ids."""
        return [each.binding_id for each in self.inspection.bindings]

    def id_of(self, name: str) -> str:
        """Return the id of the binding with this id or short id; raise NotFound."""
        return binding_id_of(self.inspection, name)

    def create(self, name: str, parameters: dict[str, Any]) -> ServiceKey:
        """Create a service key at the server; raises AlreadyExists, and as OsbClient."""
        exists = AlreadyExists(f"The service instance has a service key {name} already.")
        if name in self.names:
            raise exists
        body = {**self._ids, "parameters": parameters}
        status, document = self.client.put(self._path(name), body)
        if status != HTTPStatus.CREATED:
            raise exists
        return self._key(name, document)

    def read(self, name: str) -> ServiceKey:
        """Read a service key at the server, which is audited (D-07).

        Raises NotFound, and as OsbClient.
        """
        name = self.id_of(name)
        return self._key(name, self.client.get(self._path(name)))

    def delete(self, name: str) -> None:
        """Delete a service key at the server; raises as OsbClient."""
        self.client.delete(self._path(name), self._ids)

    @property
    def _ids(self) -> dict[str, str]:
        instance = self.inspection.instance
        return {"service_id": instance.service_id, "plan_id": instance.plan_id}

    def _path(self, name: str) -> tuple[str, ...]:
        instance_id = self.inspection.instance.instance_id
        return ("service_instances", instance_id, "service_bindings", name)

    def _key(self, name: str, document: dict[str, Any]) -> ServiceKey:
        instance = self.inspection.instance
        return ServiceKey(
            name,
            instance.name or instance.instance_id,
            instance.instance_id,
            instance.plan.value,
            document["credentials"],
        )
