"""Bind: repetitions, predecessors and limits (D-06, OSB-ROT)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import AlreadyExists, InstanceNotFound, InvalidRequest
from broker.lifecycle.requests import BindRequest
from tests.support.databases import migrated_copy
from tests.support.domain import CALLER, Domain
from tests.support.instances import START

DESCRIPTOR = {
    "xsappname": "app",
    "oauth2-configuration": {"credential-types": ["binding-secret", "x509"]},
}
X509 = {"credential-type": "x509", "x509": {"validity": 2}}


@pytest.fixture
def provisioned(on_sqlite: Domain) -> Domain:
    """The operations with the instance ``i``."""
    on_sqlite.provision("i", DESCRIPTOR)
    return on_sqlite


def refused_paths(domain: Domain, *arguments: Any, **changes: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        domain.bind("i", *arguments, **changes)
    return [violation.path for violation in refused.value.violations]


def created(domain: Domain, **changes: Any) -> bool:
    request: dict[str, Any] = {
        "caller": CALLER,
        "instance_id": "i",
        "binding_id": "b",
        "service_id": "service",
        "plan_id": "plan-application",
        "parameters": {},
        "app_guid": None,
    }
    return domain.bind_(BindRequest(**(request | changes))).created


def test_a_repeated_bind_finds_the_binding(provisioned: Domain) -> None:
    assert created(provisioned)
    assert not created(provisioned)


@pytest.mark.parametrize(
    "changes",
    [{"parameters": {"hide-secret": True}}, {"app_guid": "app"}, {"predecessor_id": "a"}],
)
def test_a_repetition_with_another_attribute_conflicts(
    provisioned: Domain, changes: dict[str, Any]
) -> None:
    provisioned.bind("i", "a")
    provisioned.bind("i", "b")
    with pytest.raises(AlreadyExists):
        provisioned.bind("i", "b", **changes)


@pytest.mark.parametrize(
    ("changes", "path"),
    [({"service_id": "other"}, "service_id"), ({"plan_id": "other"}, "plan_id")],
)
def test_service_and_plan_must_be_the_instance_s(
    provisioned: Domain, changes: dict[str, str], path: str
) -> None:
    assert refused_paths(provisioned, "b", **changes) == [path]


def test_without_an_instance_there_is_no_binding(on_sqlite: Domain) -> None:
    with pytest.raises(InstanceNotFound):
        on_sqlite.bind("i", "b")


def test_a_successor_inherits_parameters_if_it_has_none(provisioned: Domain) -> None:
    """OSB-ROT-05."""
    provisioned.bind("i", "a", {"hide-secret": True})
    unnamed: dict[str, Any] = {"predecessor_id": "a", "service_id": None, "plan_id": None}
    assert "clientsecret" not in provisioned.bind("i", "b", **unnamed)
    assert "clientsecret" in provisioned.bind("i", "c", {"hide-secret": False}, **unnamed)
    assert not created(provisioned, **unnamed)
    assert not created(provisioned, parameters={"hide-secret": True}, **unnamed)


@pytest.mark.parametrize("predecessor", ["missing", "of-another-instance"])
def test_a_predecessor_is_a_binding_of_the_instance(provisioned: Domain, predecessor: str) -> None:
    provisioned.provision("j", {"xsappname": "other"})
    provisioned.bind("j", "of-another-instance")
    assert refused_paths(provisioned, "b", predecessor_id=predecessor) == ["predecessor_binding_id"]


def test_an_expired_binding_has_no_successor(provisioned: Domain) -> None:
    """OSB-ROT-03."""
    provisioned.bind("i", "a", X509)
    provisioned.clock.advance(days=2, microseconds=-1)
    assert provisioned.bind("i", "b", predecessor_id="a")["credential-type"] == "x509"
    provisioned.clock.advance(microseconds=1)
    assert refused_paths(provisioned, "c", predecessor_id="a") == ["predecessor_binding_id"]


def test_the_bindings_of_an_instance_are_limited(tmp_path: Any) -> None:
    domain = Domain(migrated_copy(tmp_path, None), max_bindings=1)
    try:
        domain.provision("i", DESCRIPTOR)
        domain.bind("i", "a")
        assert refused_paths(domain, "b") == ["service binding"]
        assert domain.bind("i", "a")
        domain.unbind("i", "a")
        assert domain.bind("i", "b")
    finally:
        domain.close()


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"credential-type": "instance-secret"}, "credential-type"),
        ({"credential-type": "foo"}, "credential-type"),
        ({"x509": {}}, "x509"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_parameters_are_checked(provisioned: Domain, parameters: dict[str, Any], path: str) -> None:
    assert refused_paths(provisioned, "b", parameters) == [path]
    found = provisioned.transactions.read(
        lambda store: store.bindings.summaries(provisioned.instance("i"))
    )
    assert found == []


def test_a_binding_has_the_requested_attributes(provisioned: Domain) -> None:
    provisioned.bind("i", "b", {"hide-secret": "true"}, app_guid="app")
    binding = provisioned.fetch_.binding(CALLER, "i", "b")
    assert binding.parameters == {"hide-secret": "true"}
    assert (binding.app_guid, binding.predecessor_id) == ("app", None)
    assert (binding.created_at, binding.expires_at) == (START, None)
