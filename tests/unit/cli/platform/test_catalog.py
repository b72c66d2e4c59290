"""The ids that requests of commands name."""

from __future__ import annotations

from broker.cli.platform.catalog import service
from broker.instances.plan import Plan
from tests.support.platform import APIACCESS, APPLICATION, SERVICE_ID


def test_ids_are_those_of_the_catalog() -> None:
    assert service().ids("application") == {"service_id": SERVICE_ID, "plan_id": APPLICATION}
    assert service().ids("apiaccess")["plan_id"] == APIACCESS
    assert set(service().plans) == {plan.value for plan in Plan}
