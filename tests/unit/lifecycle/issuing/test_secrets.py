"""Bindings whose credential is a client secret: own or shared, shown or hidden (H-46)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.actor import system_actor
from broker.credentials.binding_secret import BindingSecret
from broker.descriptor.binding import BindingParameters
from broker.descriptor.parse import parse_binding_parameters
from broker.errors import InvalidRequest
from broker.lifecycle.issuing.issuer import NewBinding
from broker.lifecycle.issuing.secrets import OwnSecrets, SharedSecrets
from tests.support.domain import FakeClock
from tests.support.instances import START, a_binding, an_instance

if TYPE_CHECKING:
    from broker.instances.model import Binding

CLOCK = FakeClock(START)
GUID = "0a1b2c3d-0000-4000-8000-000000000001"


@dataclass
class Store:
    """The inserted rows."""

    added: list[Binding] = field(default_factory=list)
    own: list[Any] = field(default_factory=list)
    shared: str | None = None

    @property
    def bindings(self) -> Any:
        return self

    @property
    def credentials(self) -> Any:
        return self

    def add(self, instance: Any, binding: Binding) -> None:
        self.added.append(binding)

    def add_binding_secret(self, client: Any, binding: Any, secret: Any, now: Any) -> None:
        self.own.append((client, binding, secret, now))

    def instance_secret(self, instance: Any) -> str | None:
        return self.shared

    def add_instance_secret(self, instance: Any, secret: Any, now: Any) -> None:
        self.shared = secret.text


def new(binding: Binding | None = None, **parameters: Any) -> NewBinding:
    document = {key.replace("_", "-"): value for key, value in parameters.items()}
    parsed = parse_binding_parameters(document) if document else BindingParameters()
    return NewBinding(an_instance(), binding or a_binding(), parsed, system_actor("test"))


def own(store: Any, what: NewBinding) -> Binding:
    return OwnSecrets(BindingSecret(), CLOCK).issue(store, what, None)


def shared(store: Any, what: NewBinding) -> Binding:
    return SharedSecrets(CLOCK).issue(store, what, None)


@pytest.mark.parametrize("binding_id", [GUID, "my-key"])
def test_an_own_secret_starts_with_the_binding_s_guid(binding_id: str) -> None:
    store = Store()
    issued = own(store, new(a_binding(binding_id=binding_id)))
    [(client, binding, secret, now)] = store.own
    assert issued.payload == {"clientid": "sb-app!t7", "clientsecret": secret.text}
    assert (client, binding, now) == (an_instance().client, issued, START)
    assert store.added == [issued]
    assert (secret.lookup == GUID) == (binding_id == GUID)
    assert secret.text.startswith(f"{secret.lookup}$")


def test_bindings_of_two_instances_have_different_lookups() -> None:
    stores = Store(), Store()
    own(stores[0], new(a_binding(binding_id="k")))
    other = NewBinding(
        an_instance(instance_id="j"),
        a_binding(binding_id="k"),
        BindingParameters(),
        system_actor("t"),
    )
    own(stores[1], other)
    assert stores[0].own[0][2].lookup != stores[1].own[0][2].lookup


def test_a_hidden_secret_is_stored_as_digest_only() -> None:
    store = Store()
    issued = own(store, new(hide_secret=True))
    assert issued.payload == {"clientid": "sb-app!t7"}
    assert len(store.own) == 1


def test_a_shared_secret_is_created_once_and_not_in_payloads() -> None:
    store = Store()
    first = shared(store, new())
    made = store.shared
    second = shared(store, new(a_binding(binding_id="c")))
    assert made is not None
    assert store.shared == made
    assert store.added == [first, second]
    assert first.payload == second.payload == {"clientid": "sb-app!t7"}
    assert store.own == []


@pytest.mark.parametrize("issue", [own, shared])
def test_parameters_of_a_certificate_are_refused(issue: Any) -> None:
    store = Store()
    with pytest.raises(InvalidRequest) as refused:
        issue(store, new(x509={"validity": 3}))
    assert [violation.path for violation in refused.value.violations] == ["x509"]
    assert store.added == []
