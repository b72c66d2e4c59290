"""The subject of the checks: a broker's plan, and all resources created with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from tests.contract.broker import Broker, NoResponse
from tests.contract.expectations import CannotContinue
from tests.contract.offer import Offer
from tests.contract.parameters import Parameters, fitting_example
from tests.contract.resources import Binding, Instance, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.contract.broker import HeaderValue
    from tests.contract.response import JsonObject, Response

ASYNCHRONOUS = {"accepts_incomplete": "true"}


@dataclass
class Subject:
    """Creates instances and bindings of the chosen plan and keeps track of all of them."""

    broker: Broker
    offer: Offer
    instance_parameters: Parameters
    binding_parameters: Parameters
    organization: str = field(default_factory=lambda: str(uuid4()))
    space: str = field(default_factory=lambda: str(uuid4()))
    _instances: list[Instance] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        broker: Broker,
        *,
        service: str = "",
        plan: str = "",
        instance_parameters: Parameters | None = None,
        binding_parameters: Parameters | None = None,
    ) -> Self:
        """Read the catalog and choose; missing parameters are generated from the schemas.

        Raises NothingOffered.
        """
        offer = Offer.choose(broker.send("GET", "/catalog"), service=service, plan=plan)
        return cls(
            broker,
            offer,
            instance_parameters or fitting_example(offer.schema("service_instance", "create")),
            binding_parameters or fitting_example(offer.schema("service_binding", "create")),
        )

    def draft_instance(self, *, identifier: str = "", **members: Any) -> Instance:
        """Return an instance that is not created yet; ``members`` replace those of the request."""
        parameters = self.instance_parameters.made_unique()
        body = {
            **self.offer.ids,
            "organization_guid": self.organization,
            "space_guid": self.space,
            "context": {
                "platform": "cloudfoundry",
                "organization_guid": self.organization,
                "space_guid": self.space,
                "organization_name": "conformance",
                "space_name": "checks",
                "instance_name": "checked",
            },
            **({"parameters": parameters.first} if parameters.first else {}),
            **members,
        }
        instance = Instance(identifier or str(uuid4()), body, parameters.second)
        self._instances.append(instance)
        return instance

    def draft_binding(self, instance: Instance, *, identifier: str = "", **members: Any) -> Binding:
        """Return a service key that is not created yet."""
        parameters = self.binding_parameters.made_unique()
        body = {
            **instance.ids,
            "context": {
                name: value
                for name, value in (instance.body.get("context") or {}).items()
                if name != "instance_name"
            },
            "bind_resource": {},
            **({"parameters": parameters.first} if parameters.first else {}),
            **members,
        }
        binding = Binding(instance, identifier or str(uuid4()), body, parameters.second)
        instance.bindings.append(binding)
        return binding

    def create(
        self,
        resource: Resource,
        body: JsonObject | None = None,
        *,
        query: Mapping[str, str] = ASYNCHRONOUS,
        headers: Mapping[str, HeaderValue] | None = None,
    ) -> Response:
        """Send the PUT, with the given body if any, and wait for the end."""
        sent = resource.body if body is None else body
        response = self.broker.send("PUT", resource.path, query=query, body=sent, headers=headers)
        return self._ended(resource, response)

    def an_instance(self, **members: Any) -> Instance:
        """Create an instance; raise CannotContinue if the broker does not."""
        instance = self.draft_instance(**members)
        response = self.create(instance)
        if not response.done:
            raise CannotContinue("a service instance for the check", response)
        return instance

    def a_binding(self, instance: Instance | None = None, **members: Any) -> Binding:
        """Create a binding, in a new instance if none is given; raise CannotContinue if not."""
        binding = self.draft_binding(instance or self.an_instance(), **members)
        binding.response = self.create(binding)
        if not binding.response.done:
            raise CannotContinue("a service binding for the check", binding.response)
        if binding.response.status == 202 and self.offer.has("bindings_retrievable"):
            binding.response = self.fetch(binding)
        return binding

    def update(
        self,
        instance: Instance,
        members: JsonObject | None = None,
        *,
        query: Mapping[str, str] = ASYNCHRONOUS,
        headers: Mapping[str, HeaderValue] | None = None,
    ) -> Response:
        """Send a PATCH with service, plan and other members, and wait for the end."""
        body = {**instance.ids, **(members or {})}
        response = self.broker.send("PATCH", instance.path, query=query, body=body, headers=headers)
        return self._ended(instance, response)

    def fetch(self, resource: Resource) -> Response:
        """Read an instance or a binding."""
        return self.broker.send("GET", resource.path)

    def last_operation(self, resource: Resource) -> Response:
        """Poll the last operation of an instance or a binding."""
        return self.broker.send("GET", f"{resource.path}/last_operation", query=resource.ids)

    def delete(
        self,
        resource: Resource,
        ids: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, HeaderValue] | None = None,
    ) -> Response:
        """Delete an instance or a binding, naming its own or other ids, and wait for the end."""
        named = resource.ids if ids is None else ids
        response = self.broker.send(
            "DELETE", resource.path, query={**ASYNCHRONOUS, **named}, headers=headers
        )
        return self._ended(resource, response)

    def clean_up(self) -> list[str]:
        """Delete everything; return the resources that could not be deleted."""
        resources: list[Resource] = []
        for instance in reversed(self._instances):
            resources += [*reversed(instance.bindings), instance]
        self._instances.clear()
        refused = {f"/v2{each.path}" for each in resources if not self._removed(each)}
        return sorted(refused & self._perhaps_created())

    def _perhaps_created(self) -> set[str]:
        """Paths of PUTs that were not plainly refused."""
        puts = [response for response in self.broker.seen if response.method == "PUT"]
        return {response.path for response in puts if not 400 <= response.status < 500}

    def _removed(self, resource: Resource) -> bool:
        # A request of a check with this id may have named another plan than the draft.
        for ids in [resource.ids, *self.offer.all_ids]:
            try:
                response = self.delete(resource, ids)
            except NoResponse:
                continue
            if response.done or response.status in {404, 410}:
                return True
        return False

    def _ended(self, resource: Resource, response: Response) -> Response:
        if response.status != 202:
            return response
        return self.broker.end_of(resource.path, response, resource.ids)
