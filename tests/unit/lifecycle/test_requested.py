"""The descriptor that an update requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.errors import ForbiddenChange, InvalidRequest
from broker.instances.plan import Plan
from broker.lifecycle.requested import Requested, requested, require_valid

if TYPE_CHECKING:
    from broker.instances.model import Instance
    from tests.support.domain import Domain

OLD = {"xsappname": "app", "attributes": [{"name": "a", "valueType": "int"}]}
FORBIDDEN = {"xsappname": "app", "attributes": [{"name": "a", "valueType": "date"}]}


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
    assert found.comparison is not None
    assert found.changes(instance) is found.comparison.changes


def test_a_descriptor_that_was_changed_in_the_meantime_is_compared_again(
    instance: Instance,
) -> None:
    found = valid(requested(FORBIDDEN, None))
    with pytest.raises(ForbiddenChange, match="valueType"):
        found.changes(instance)
    found = valid(requested(FORBIDDEN, replace(instance, parameters=FORBIDDEN)))
    assert found.changes(replace(instance, parameters=FORBIDDEN)) == []
    with pytest.raises(ForbiddenChange, match="valueType"):
        found.changes(instance)


def test_errors_of_the_instance_come_first(instance: Instance) -> None:
    fault = requested({"xsappname": "a b"}, instance)
    with pytest.raises(InvalidRequest, match="Invalid xsappname"):
        require_valid(instance, fault)
    with pytest.raises(InvalidRequest, match="apiaccess"):
        require_valid(replace(instance, plan=Plan.APIACCESS), fault)


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
        found.changes(instance)
