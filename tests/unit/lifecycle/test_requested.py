"""The descriptor that an update requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from broker.descriptor.changes import UNREADABLE, ProtectedAttribute, Protections
from broker.errors import ForbiddenChange, InvalidRequest
from broker.instances.plan import Plan
from broker.lifecycle.requested import (
    Requested,
    requested,
    require_valid,
    with_credential_types,
    without_overrides,
)

if TYPE_CHECKING:
    from broker.instances.model import Instance
    from tests.support.domain import Domain

OLD = {"xsappname": "app", "attributes": [{"name": "a", "valueType": "int"}]}
OTHER = {"xsappname": "app", "attributes": [{"name": "a", "valueType": "date"}]}


def valid(found: Requested | InvalidRequest) -> Requested:
    assert isinstance(found, Requested)
    return found


@pytest.fixture
def instance(on_sqlite: Domain) -> Instance:
    on_sqlite.provision("i", parameters=OLD)
    found = on_sqlite.transactions.read(lambda store: store.instances.find("i"))
    assert found is not None
    return found


def test_the_comparison_is_made_once(instance: Instance) -> None:
    found = valid(requested({"xsappname": "app"}, instance))
    assert [str(change) for change in found.changes(instance)] == ['attributes: "a" is removed']
    assert found.changes(instance) is found.comparison.changes


def test_a_descriptor_that_was_changed_in_the_meantime_is_compared_again(
    instance: Instance,
) -> None:
    found = valid(requested(OTHER, replace(instance, parameters={})))
    assert [change.path for change in found.changes(instance)] == ['attributes "a".valueType']
    found = valid(requested(OTHER, replace(instance, parameters=OTHER)))
    assert found.changes(replace(instance, parameters=OTHER)) == []
    assert [change.path for change in found.changes(instance)] == ['attributes "a".valueType']


def test_what_is_forbidden_depends_on_the_stored_declarations(instance: Instance) -> None:
    """D-54: whatever the stored descriptor says, and whether this version can read it."""
    for parameters in (OLD, OTHER, {"xsappname": "app", "unknown": 1}, {}):
        stored = replace(instance, parameters=parameters)
        found = valid(requested(OTHER, stored))
        with pytest.raises(ForbiddenChange, match="valueType: a change from int to date"):
            found.require_allowed(
                stored, Protections({"a": ProtectedAttribute("int", value_required=True)}, {})
            )
        found.require_allowed(
            stored, Protections({"b": ProtectedAttribute("int", value_required=True)}, {})
        )


def test_the_differences_from_an_unreadable_descriptor_are_reported_as_unknown(
    instance: Instance,
) -> None:
    unreadable = replace(instance, parameters={"xsappname": "app", "unknown": 1})
    assert valid(requested(OTHER, unreadable)).changes(unreadable) == [UNREADABLE]
    without = replace(instance, parameters={})
    assert valid(requested(OTHER, without)).changes(without) == []


def test_an_error_is_kept_until_the_instance_was_checked(instance: Instance) -> None:
    fault = requested({"xsappname": "a b"}, instance)
    with pytest.raises(InvalidRequest, match="Invalid xsappname"):
        require_valid(fault)


def test_the_plan_decides_which_parameters_are_valid(instance: Instance) -> None:
    instance = replace(instance, plan=Plan.APIACCESS, xsappname="na-1")
    fault = requested(OLD, instance)
    with pytest.raises(InvalidRequest, match=r"^Plan apiaccess takes no attributes; "):
        require_valid(fault)
    found = valid(requested({"xsuaa": {}}, instance))
    assert found.declared.descriptor.xsappname == "na-1"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"xsappname": "other"}, "Cannot change AppId"),
        ({"xsappname": "app", "tenant-mode": "shared"}, "tenant-mode: cannot change"),
    ],
)
def test_what_never_changes(instance: Instance, parameters: dict[str, str], reason: str) -> None:
    found = valid(requested(parameters, instance))
    with pytest.raises(ForbiddenChange, match=reason):
        found.require_allowed(instance, Protections({}, {}))


@pytest.mark.parametrize("name", ["force", " force ", "ignore-credential-usage"])
def test_overrides_are_not_stored_in_any_spelling(name: str) -> None:
    """They would apply again when the parameters are sent back."""
    assert without_overrides({"xsappname": "app", name: True}) == {"xsappname": "app"}
    for wrapper in ("xsuaa", "xs-security"):
        wrapped = {wrapper: {"xsappname": "app", name: True}}
        assert without_overrides(wrapped) == {wrapper: {"xsappname": "app"}}


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({}, {"xsappname": "app"}),
        (OLD, OLD),
        ({"xsuaa": {"xsappname ": "app"}}, {"xsappname": "app"}),
        (
            {"xsappname": "app", "oauth2-configuration": {"token-validity": 900}},
            {"xsappname": "app", "oauth2-configuration": {"token-validity": 900}},
        ),
    ],
)
def test_other_types_change_nothing_else_of_a_descriptor(
    instance: Instance, stored: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = with_credential_types(replace(instance, parameters=stored), ["x509"])
    configuration = expected.get("oauth2-configuration", {}) | {"credential-types": ["x509"]}
    assert found == expected | {"oauth2-configuration": configuration}
    assert isinstance(requested(found, instance), Requested)
