"""The subject of the checks: a broker's plan, and all resources created with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from tests.contract.broker import Broker, NoAnswer
from tests.contract.expectations import CannotContinue
from tests.contract.offer import Offer
from tests.contract.parameters import Parameters, fitting_example
from tests.contract.resources import Binding, Instance, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.contract.answer import Answer, JsonObject
    from tests.contract.broker import HeaderValue

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
    ) -> Answer:
        """Send the PUT, with the given body if any, and wait for the end."""
        sent = resource.body if body is None else body
        answer = self.broker.send("PUT", resource.path, query=query, body=sent, headers=headers)
        return self._ended(resource, answer)

    def an_instance(self, **members: Any) -> Instance:
        """Create an instance; raise CannotContinue if the broker does not."""
        instance = self.draft_instance(**members)
        answer = self.create(instance)
        if not answer.done:
            raise CannotContinue("a service instance for the check", answer)
        return instance

    def a_binding(self, instance: Instance | None = None, **members: Any) -> Binding:
        """Create a binding, in a new instance if none is given; raise CannotContinue if not."""
        binding = self.draft_binding(instance or self.an_instance(), **members)
        binding.answer = self.create(binding)
        if not binding.answer.done:
            raise CannotContinue("a service binding for the check", binding.answer)
        if binding.answer.status == 202 and self.offer.has("bindings_retrievable"):
            binding.answer = self.fetch(binding)
        return binding

    def update(
        self,
        instance: Instance,
        members: JsonObject | None = None,
        *,
        query: Mapping[str, str] = ASYNCHRONOUS,
        headers: Mapping[str, HeaderValue] | None = None,
    ) -> Answer:
        """Send a PATCH with service, plan and other members, and wait for the end."""
        body = {**instance.ids, **(members or {})}
        answer = self.broker.send("PATCH", instance.path, query=query, body=body, headers=headers)
        return self._ended(instance, answer)

    def fetch(self, resource: Resource) -> Answer:
        """Read an instance or a binding."""
        return self.broker.send("GET", resource.path)

    def last_operation(self, resource: Resource) -> Answer:
        """Poll the last operation of an instance or a binding."""
        return self.broker.send("GET", f"{resource.path}/last_operation", query=resource.ids)

    def delete(
        self,
        resource: Resource,
        ids: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, HeaderValue] | None = None,
    ) -> Answer:
        """Delete an instance or a binding, naming its own or other ids, and wait for the end."""
        named = resource.ids if ids is None else ids
        answer = self.broker.send(
            "DELETE", resource.path, query={**ASYNCHRONOUS, **named}, headers=headers
        )
        return self._ended(resource, answer)

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
        puts = [answer for answer in self.broker.seen if answer.method == "PUT"]
        return {answer.path for answer in puts if not 400 <= answer.status < 500}

    def _removed(self, resource: Resource) -> bool:
        # A request of a check with this id may have named another plan than the draft.
        for ids in [resource.ids, *self.offer.all_ids]:
            try:
                answer = self.delete(resource, ids)
            except NoAnswer:
                continue
            if answer.done or answer.status in {404, 410}:
                return True
        return False

    def _ended(self, resource: Resource, answer: Answer) -> Answer:
        if answer.status != 202:
            return answer
        return self.broker.end_of(resource.path, answer, resource.ids)
