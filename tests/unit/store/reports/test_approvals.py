"""Applications that await their approval (D-57)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.instances.plan import Plan
from broker.store.reports.approvals import unapproved_applications
from tests.support.domain import APIACCESS

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_only_applications_with_unapproved_scopes_are_named(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "application"})
    references = {"foreign-scope-references": ["xs_user.read"]}
    on_sqlite.provision("j", {"xsappname": "asking", **references})
    for name in "ba":
        on_sqlite.provision(name, {"xsappname": name}, plan=Plan.APIACCESS, plan_id=APIACCESS)
    assert unapproved_applications(on_sqlite.engine) == ["a!a1", "asking!t1", "b!a1"]
    now = on_sqlite.clock.now()
    on_sqlite.transactions.run(lambda store: store.approvals.approve_all(now))
    assert unapproved_applications(on_sqlite.engine) == ["asking!t1"]
