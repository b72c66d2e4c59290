"""Instances of plan apiaccess that await their approval (D-57)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.instances.plan import Plan
from broker.store.reports.approvals import unapproved_instances
from tests.support.domain import APIACCESS

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_only_unapproved_instances_of_the_plan_are_named(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "application"})
    for name in "ba":
        on_sqlite.provision(name, {"xsappname": name}, plan=Plan.APIACCESS, plan_id=APIACCESS)
    assert unapproved_instances(on_sqlite.engine) == ["a!a1", "b!a1"]
    now = on_sqlite.clock.now()
    on_sqlite.transactions.run(lambda store: store.instances.approve_all(Plan.APIACCESS, now))
    assert unapproved_instances(on_sqlite.engine) == []
