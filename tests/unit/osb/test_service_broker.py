"""OSB calls become requests of the operations, and results openbrokerapi's objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from openbrokerapi.service_broker import (
    BindDetails,
    BindState,
    DeprovisionDetails,
    OperationState,
    ProvisionDetails,
    ProvisionState,
    UnbindDetails,
    UpdateDetails,
)

from broker.audit.actor import platform_actor
from broker.errors import BindingNotFound, InstanceNotFound, InvalidRequest
from broker.instances.plan import Plan
from broker.lifecycle.bind import Bound
from broker.lifecycle.provision import Provisioned
from broker.lifecycle.requests import BindRequest, DeleteRequest, ProvisionRequest, UpdateRequest
from broker.lifecycle.update import Updated
from broker.osb.catalog import Catalog
from broker.osb.schemas import catalog_schemas
from broker.osb.service_broker import Operations, XsuaaServiceBroker
from broker.runtime.resources import resource
from tests.support.instances import START, a_binding, an_instance
from tests.support.platform import APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.instances.model import Binding, Instance

CALLER = platform_actor("default")
PARAMETERS = {"xsappname": "app"}
CREDENTIALS = {"clientid": "sb-app!t7"}


@dataclass
class Recorded:
    """An operation that records its requests and returns the same result for each."""

    result: Any = None
    requests: list[Any] = field(default_factory=list)

    def __call__(self, request: Any) -> Any:
        self.requests.append(request)
        return self.result


@dataclass
class Stored:
    """Reads instance ``i`` with binding ``b``."""

    stored_instance: Instance
    stored_binding: Binding

    def instance(self, caller: Actor, instance_id: str) -> Instance:
        assert caller == CALLER
        if instance_id != "i":
            raise InstanceNotFound
        return self.stored_instance

    def binding(self, caller: Actor, instance_id: str, binding_id: str) -> Binding:
        self.instance(caller, instance_id)
        if binding_id != "b":
            raise BindingNotFound
        return self.stored_binding

    def credentials(
        self, caller: Actor, instance_id: str, binding_id: str
    ) -> tuple[Binding, dict[str, Any]]:
        return self.binding(caller, instance_id, binding_id), CREDENTIALS


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(resource("catalog.yaml"), catalog_schemas())


@dataclass
class Called:
    """The broker on operations of the test."""

    catalog: Catalog
    instance: Instance = field(default_factory=lambda: an_instance(plan_id=APPLICATION))
    binding: Binding = field(default_factory=a_binding)

    def __post_init__(self) -> None:
        self.operation = Recorded()
        operation: Any = self.operation
        fetch: Any = Stored(self.instance, self.binding)
        self.broker = XsuaaServiceBroker(
            self.catalog,
            Operations(operation, operation, operation, operation, operation, fetch),
            "https://uaa.example.org",
        )

    def provision(self, result: Provisioned, **more: Any) -> Any:
        self.operation.result = result
        details = ProvisionDetails(**{"service_id": SERVICE_ID, "plan_id": APPLICATION} | more)
        return self.broker.provision("i", details, caller=CALLER)

    def update(self, result: Updated, **more: Any) -> Any:
        self.operation.result = result
        details = UpdateDetails(SERVICE_ID, **more)
        return self.broker.update("i", details, caller=CALLER)

    def bind(self, result: Bound, **more: Any) -> Any:
        self.operation.result = result
        details = BindDetails(SERVICE_ID, APPLICATION, app_guid="app", parameters={"a": 1})
        return self.broker.bind("i", "b", details, caller=CALLER, **more)


@pytest.fixture
def called(catalog: Catalog) -> Called:
    return Called(catalog)


def test_the_catalog_is_its_service(called: Called) -> None:
    assert called.broker.catalog() is called.catalog.service


def test_a_provision_passes_all_attributes_and_the_plan(called: Called) -> None:
    context = {"platform": "cloudfoundry"}
    guids = {"organization_guid": "org", "space_guid": "space"}
    called.provision(
        Provisioned(called.instance, created=True),
        parameters=PARAMETERS,
        context={**context, **guids},
        **guids,
    )
    [request] = called.operation.requests
    assert request == ProvisionRequest(
        CALLER,
        "i",
        SERVICE_ID,
        APPLICATION,
        Plan.APPLICATION,
        PARAMETERS,
        "org",
        "space",
        {**context, **guids},
    )


def test_a_provision_without_optional_attributes(called: Called) -> None:
    called.provision(
        Provisioned(called.instance, created=True), organization_guid="", space_guid=""
    )
    [request] = called.operation.requests
    assert request == ProvisionRequest(
        CALLER, "i", SERVICE_ID, APPLICATION, Plan.APPLICATION, {}, None, None, {}
    )


def test_a_plan_outside_the_catalog_is_not_provisioned(called: Called) -> None:
    with pytest.raises(InvalidRequest, match="plan_id"):
        called.provision(
            Provisioned(called.instance, created=True),
            plan_id="other",
            organization_guid="",
            space_guid="",
        )
    assert called.operation.requests == []


@pytest.mark.parametrize(
    ("created", "state"),
    [
        (True, ProvisionState.SUCCESSFUL_CREATED),
        (False, ProvisionState.IDENTICAL_ALREADY_EXISTS),
    ],
)
def test_a_provision_distinguishes_new_from_existing_instances(
    called: Called, *, created: bool, state: ProvisionState
) -> None:
    result = Provisioned(called.instance, created=created)
    assert called.provision(result, organization_guid="", space_guid="").state is state


@pytest.mark.parametrize(
    ("notes", "description"),
    [
        ((), None),
        (("One.", "Two."), "One. Two."),
        (("x" * 3000, "y" * 3000, "z" * 3000), f"{'x' * 3000} {'y' * 3000} And 1 more."),
    ],
)
def test_notes_are_described_within_the_limit(
    called: Called, notes: tuple[str, ...], description: str | None
) -> None:
    provisioned = Provisioned(called.instance, created=True, notes=notes)
    answer = called.provision(provisioned, organization_guid="", space_guid="")
    assert answer.description == description
    assert called.update(Updated(was_dry_run=False, notes=notes)).description == description


def test_an_update_passes_all_attributes(called: Called) -> None:
    context = {"platform": "cloudfoundry"}
    updated = called.update(
        Updated(was_dry_run=False), plan_id=APPLICATION, parameters=PARAMETERS, context=context
    )
    called.update(Updated(was_dry_run=False))
    assert called.operation.requests == [
        UpdateRequest(CALLER, "i", SERVICE_ID, APPLICATION, PARAMETERS, context),
        UpdateRequest(CALLER, "i", SERVICE_ID, None, {}, {}),
    ]
    assert not updated.is_async


def test_each_response_about_an_instance_has_its_dashboard(called: Called) -> None:
    """I-165, I-166: the id is all that it contains; the same for a repeated provision."""
    answers: list[Any] = [
        called.provision(
            Provisioned(called.instance, created=created), organization_guid="", space_guid=""
        )
        for created in (True, False)
    ]
    answers.append(called.update(Updated(was_dry_run=False)))
    answers.append(called.broker.get_instance("i", caller=CALLER))
    urls = {each.dashboard_url for each in answers}
    assert urls == {"https://uaa.example.org/console/instances/i"}


def test_deletions_name_service_plan_and_binding(called: Called) -> None:
    deprovisioned = called.broker.deprovision(
        "i", DeprovisionDetails(SERVICE_ID, APPLICATION), caller=CALLER
    )
    unbound = called.broker.unbind("i", "b", UnbindDetails(SERVICE_ID, APPLICATION), caller=CALLER)
    assert called.operation.requests == [
        DeleteRequest(CALLER, "i", SERVICE_ID, APPLICATION),
        DeleteRequest(CALLER, "i", SERVICE_ID, APPLICATION, "b"),
    ]
    assert not deprovisioned.is_async
    assert not unbound.is_async


@pytest.mark.parametrize("predecessor", [None, "previous"])
def test_a_bind_passes_all_attributes(called: Called, predecessor: str | None) -> None:
    called.bind(
        Bound(called.binding, CREDENTIALS, created=True),
        **({"predecessor_id": predecessor} if predecessor else {}),
    )
    [request] = called.operation.requests
    assert request == BindRequest(
        CALLER, "i", "b", SERVICE_ID, APPLICATION, {"a": 1}, "app", predecessor
    )


@pytest.mark.parametrize(
    ("created", "state"),
    [(True, BindState.SUCCESSFUL_BOUND), (False, BindState.IDENTICAL_ALREADY_EXISTS)],
)
def test_a_bind_distinguishes_new_from_existing_bindings(
    called: Called, *, created: bool, state: BindState
) -> None:
    bound = called.bind(Bound(called.binding, CREDENTIALS, created=created))
    assert (bound.state, bound.credentials, bound.metadata) == (state, CREDENTIALS, None)


def test_expiring_credentials_say_until_when_they_are_valid(catalog: Catalog) -> None:
    """OSB-BIND-12; two thirds of six days are four."""
    called = Called(catalog, binding=a_binding(expires_at=START + timedelta(days=6)))
    metadata = {"expires_at": "2030-01-07T00:00:00.0Z", "renew_before": "2030-01-05T00:00:00.0Z"}
    assert called.bind(Bound(called.binding, CREDENTIALS, created=True)).metadata == metadata
    assert called.broker.get_binding("i", "b", caller=CALLER).metadata == metadata


def test_a_binding_is_read_with_credentials_and_parameters(catalog: Catalog) -> None:
    called = Called(catalog, binding=a_binding(parameters={"a": 1}))
    binding = called.broker.get_binding("i", "b", caller=CALLER)
    assert (binding.credentials, binding.parameters, binding.metadata) == (
        CREDENTIALS,
        {"a": 1},
        None,
    )


def test_an_instance_is_read_with_the_version_of_its_plan(catalog: Catalog) -> None:
    instance = Called(catalog).broker.get_instance("i", caller=CALLER)
    assert (instance.service_id, instance.plan_id) == ("service", APPLICATION)
    assert instance.parameters == PARAMETERS
    assert instance.maintenance_info == {"version": catalog.versions[APPLICATION]}


def test_a_withdrawn_plan_has_no_version(catalog: Catalog) -> None:
    withdrawn = Called(catalog, instance=an_instance(plan_id="withdrawn")).broker
    assert withdrawn.get_instance("i", caller=CALLER).maintenance_info is None


def test_the_plan_in_use_is_that_of_the_instance_if_there_is_one(called: Called) -> None:
    assert called.broker.plan_in_use("i", caller=CALLER) == APPLICATION
    assert called.broker.plan_in_use("missing", caller=CALLER) is None


def test_existing_resources_have_succeeded(called: Called) -> None:
    """OSB-LOPI-05."""
    broker = called.broker
    assert broker.last_operation("i", caller=CALLER).state is OperationState.SUCCEEDED
    assert broker.last_binding_operation("i", "b", caller=CALLER).state is OperationState.SUCCEEDED
    with pytest.raises(InstanceNotFound):
        broker.last_operation("missing", caller=CALLER)
    with pytest.raises(BindingNotFound):
        broker.last_binding_operation("i", "missing", caller=CALLER)
