"""The rows of approvals; ``tests/unit/authorization/test_approvals.py`` tests the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.instances.plan import Plan
from tests.support.domain import APIACCESS

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_incomplete_declarations_stay_incomplete(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", plan=Plan.APIACCESS, plan_id=APIACCESS)
    on_sqlite.provision("j", plan=Plan.APIACCESS, plan_id=APIACCESS)
    incomplete = on_sqlite.instance("j").client.row_id
    with on_sqlite.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE client SET declared_epoch = NULL WHERE id = {incomplete}"  # noqa: S608
        )
    now = on_sqlite.clock.now()
    assert on_sqlite.transactions.run(lambda store: store.approvals.approve_all(now)) == 2
    found = on_sqlite.transactions.read(lambda store: store.instances.incomplete(10))
    assert found == ["j"]
