"""Repeated and conflicting requests, on a real database (D-06, D-20, D-35)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.actor import platform_actor
from broker.errors import (
    AlreadyExists,
    BindingNotFound,
    BrokerError,
    InstanceNotFound,
    InvalidRequest,
)
from broker.instances.plan import Plan
from tests.support.domain import CALLER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.domain import Domain

STRANGER = platform_actor("other")
DESCRIPTOR = {"xsappname": "app", "oauth2-configuration": {"credential-types": ["binding-secret"]}}


def test_a_repeated_provision_finds_the_instance(domain: Domain) -> None:
    assert domain.provision("i", DESCRIPTOR).created
    repeated = domain.provision("i", dict(reversed(DESCRIPTOR.items())))
    assert not repeated.created
    with pytest.raises(AlreadyExists):
        domain.provision("i", {**DESCRIPTOR, "description": "different"})
    with pytest.raises(AlreadyExists):
        domain.provision("i", DESCRIPTOR, space_guid="another")


def test_another_plan_conflicts_before_its_parameters_are_judged(domain: Domain) -> None:
    """OSB-PROV-04 precedes OSB-PROV-09."""
    domain.provision("i", DESCRIPTOR)
    other = {"plan_id": "another", "plan": Plan.APIACCESS}
    with pytest.raises(AlreadyExists):
        domain.provision("i", DESCRIPTOR, **other)
    with pytest.raises(AlreadyExists):
        domain.provision("i", {"xsappname": 1}, service_id="another")
    with pytest.raises(InvalidRequest):
        domain.provision("j", DESCRIPTOR | {"scopes": []}, **other)
    with pytest.raises(InvalidRequest):
        domain.provision("i", {"xsappname": 1})


def test_after_an_update_the_original_parameters_conflict(domain: Domain) -> None:
    """OSB-AMB-06."""
    changed = {**DESCRIPTOR, "description": "changed"}
    domain.provision("i", DESCRIPTOR)
    domain.update("i", changed)
    assert not domain.provision("i", changed).created
    with pytest.raises(AlreadyExists):
        domain.provision("i", DESCRIPTOR)


def test_a_repeated_bind_returns_the_same_credentials(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    first = domain.bind("i", "b")
    assert domain.bind("i", "b") == first
    assert domain.fetch_.credentials(CALLER, "i", "b")[1] == first
    with pytest.raises(AlreadyExists):
        domain.bind("i", "b", {"hide-secret": True})
    with pytest.raises(AlreadyExists):
        domain.bind("i", "b", app_guid="app")
    assert domain.accepts(first)


def test_a_binding_belongs_to_one_instance(domain: Domain) -> None:
    """OSB-URL-04."""
    domain.provision("i", DESCRIPTOR)
    domain.provision("j", {**DESCRIPTOR, "xsappname": "other"})
    ours = domain.bind("i", "b")
    with pytest.raises(BindingNotFound):
        domain.unbind("j", "b")
    with pytest.raises(BindingNotFound):
        domain.fetch_.credentials(CALLER, "j", "b")
    assert domain.accepts(ours)


def test_another_platform_reaches_nothing(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.bind("i", "b")
    with pytest.raises(InstanceNotFound):
        domain.fetch_.instance(STRANGER, "i")
    with pytest.raises(BindingNotFound):
        domain.fetch_.credentials(STRANGER, "i", "b")
    with pytest.raises(InstanceNotFound):
        domain.bind("i", "c", caller=STRANGER)
    with pytest.raises(InstanceNotFound):
        domain.update("i", DESCRIPTOR, caller=STRANGER)
    with pytest.raises(AlreadyExists):
        domain.provision("i", DESCRIPTOR, caller=STRANGER)


def test_deprovision_deletes_all_dependent_rows(domain: Domain) -> None:
    """A6, OSB-DEP-06."""
    domain.provision("i", DESCRIPTOR)
    credentials = [domain.bind("i", f"b{n}") for n in range(3)]
    domain.deprovision("i")
    assert not any(map(domain.accepts, credentials))
    with pytest.raises(InstanceNotFound):
        domain.deprovision("i")
    assert domain.provision("i", DESCRIPTOR).created
    with pytest.raises(BindingNotFound):
        domain.unbind("i", "b0")
    assert not any(map(domain.accepts, credentials))


def outcomes(calls: int, work: Callable[[int], Any]) -> list[Any]:
    def outcome(number: int) -> Any:
        try:
            return work(number)
        except BrokerError as error:
            return type(error).__name__

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(outcome, range(calls)))


def test_of_parallel_identical_provisions_one_creates(domain: Domain) -> None:
    """OSB-CONC-03."""
    created = outcomes(12, lambda _: domain.provision("i", DESCRIPTOR).created)
    assert sorted(created, key=str) == [False] * 11 + [True]


def test_of_parallel_different_provisions_one_wins(domain: Domain) -> None:
    """OSB-CONC-04."""
    results = outcomes(
        8, lambda n: domain.provision("i", {**DESCRIPTOR, "description": str(n)}).created
    )
    assert results.count(True) == 1
    assert results.count("AlreadyExists") == 7
    winner = str(results.index(True))
    assert domain.fetch_.instance(CALLER, "i").parameters["description"] == winner


def test_of_parallel_instances_with_one_name_one_wins(domain: Domain) -> None:
    results = outcomes(8, lambda n: domain.provision(f"i{n}", DESCRIPTOR).created)
    assert results.count(True) == 1
    assert results.count("InvalidRequest") == 7


def test_parallel_new_zones_get_different_indexes(domain: Domain) -> None:
    results = outcomes(
        8,
        lambda n: (
            domain.provision(
                f"i{n}", DESCRIPTOR, organization_guid=f"org{n}"
            ).instance.client.zone.index
        ),
    )
    assert sorted(results) == list(range(1, 9))


def test_parallel_binds_all_succeed_and_share_one_instance_secret(domain: Domain) -> None:
    """OSB-CONC-07; the first bind creates the secret, once."""
    domain.provision("i", {"xsappname": "app"})
    results = outcomes(12, lambda n: domain.bind("i", f"b{n}")["clientsecret"])
    assert len(set(results)) == 1
    assert domain.accepts(domain.bind("i", "b0"))


def test_of_parallel_deletes_one_succeeds(domain: Domain) -> None:
    """OSB-CONC-05."""
    domain.provision("i", DESCRIPTOR)
    domain.bind("i", "b")
    assert outcomes(6, lambda _: domain.unbind("i", "b")).count(None) == 1
    assert outcomes(6, lambda _: domain.deprovision("i")).count(None) == 1
