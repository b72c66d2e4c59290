"""GET of a service instance (OSB-GETI)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.osb.operations.get_instance import get_instance
from broker.osb.specifications import FetchedInstance
from tests.support.osb import an_osb_request
from tests.support.platform import APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from broker.osb.edge import Edge
    from tests.unit.osb.operations.conftest import RecordedBroker

IDS = {
    "service_id": SERVICE_ID,
    "plan_id": APPLICATION,
    "dashboard_url": "https://uaa.example.org/console/instances/i",
}


@pytest.mark.parametrize(
    "optional", [{}, {"parameters": {"a": 1}, "maintenance_info": {"version": "1.0.0"}}]
)
def test_the_instance_is_returned_without_absent_members(
    edge: Edge, broker: RecordedBroker, optional: dict[str, Any]
) -> None:
    broker.result = FetchedInstance(
        SERVICE_ID,
        APPLICATION,
        optional.get("parameters"),
        optional.get("maintenance_info"),
        "https://uaa.example.org/console/instances/i",
    )
    request = an_osb_request()
    response = get_instance(edge, request)
    assert (response.status_code, response.get_json()) == (200, {**IDS, **optional})
    assert broker.calls == [("get_instance", ("i",), {"caller": request.caller})]
    assert broker.admitted == [True]
