"""Service instances of all platforms as shown to an operator."""

from __future__ import annotations

import pytest

from broker.audit.actor import platform_actor
from broker.errors import InstanceNotFound
from broker.instances.model import BindingSummary
from broker.lifecycle.inspect import Inspect
from tests.support.domain import Domain


def test_instances_of_all_platforms_the_oldest_first(on_sqlite: Domain) -> None:
    inspect = Inspect(on_sqlite.transactions)
    assert inspect.all() == []
    on_sqlite.provision("z", {"xsappname": "app"}, caller=platform_actor("other"))
    on_sqlite.clock.advance(seconds=1)
    on_sqlite.provision("a", {"xsappname": "app"})
    assert [each.instance_id for each in inspect.all()] == ["z", "a"]


def test_one_with_its_bindings_and_references(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app", "authorities": ["b.read"]})
    on_sqlite.bind("i", "second")
    on_sqlite.bind("i", "third", app_guid="app-1")
    found = Inspect(on_sqlite.transactions).one("i")
    assert found.instance == on_sqlite.instance("i")
    assert {each.binding_id: each for each in found.bindings} == {
        "second": BindingSummary("second", "instance-secret", None),
        "third": BindingSummary("third", "instance-secret", "app-1"),
    }
    assert (found.last_uses, found.last_used_at) == ({}, None)
    assert [each.reference.app_id for each in found.references] == ["b!t1"]


def test_a_missing_instance_is_reported(on_sqlite: Domain) -> None:
    with pytest.raises(InstanceNotFound):
        Inspect(on_sqlite.transactions).one("i")


def test_several_in_the_order_of_their_age(on_sqlite: Domain) -> None:
    for name in ("z", "a", "m"):
        on_sqlite.provision(name, {"xsappname": name})
        on_sqlite.clock.advance(seconds=1)
    found = Inspect(on_sqlite.transactions).several(["a", "z", "missing"])
    assert [each.instance.instance_id for each in found] == ["z", "a"]
