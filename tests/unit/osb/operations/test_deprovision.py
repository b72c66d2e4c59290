"""DELETE of a service instance (OSB-DEP)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.errors import InvalidRequest
from broker.osb.operations.deprovision import deprovision
from tests.support.osb import an_osb_request
from tests.support.platform import APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from broker.osb.edge import Edge
    from tests.unit.osb.operations.conftest import RecordedBroker

QUERY = {"service_id": SERVICE_ID, "plan_id": APPLICATION}


def test_the_instance_is_deleted(edge: Edge, broker: RecordedBroker) -> None:
    request = an_osb_request(query=QUERY)
    response = deprovision(edge, request)
    assert (response.status_code, response.get_json()) == (200, {})
    [(method, (instance_id, details), options)] = broker.calls
    assert (method, instance_id, options) == ("deprovision", "i", {"caller": request.caller})
    assert (details.service_id, details.plan_id) == (SERVICE_ID, APPLICATION)
    assert broker.admitted == [True]


@pytest.mark.parametrize("query", [{}, {"service_id": SERVICE_ID}, {**QUERY, "service_id": "x"}])
def test_an_invalid_query_is_refused_before_the_broker_is_called(
    edge: Edge, broker: RecordedBroker, query: dict[str, str]
) -> None:
    with pytest.raises(InvalidRequest):
        deprovision(edge, an_osb_request(query=query))
    assert broker.calls == []


def test_a_plan_of_neither_catalog_nor_instance_is_refused(
    edge: Edge, broker: RecordedBroker
) -> None:
    """OSB-CAT-20."""
    with pytest.raises(InvalidRequest, match="plan_id"):
        deprovision(edge, an_osb_request(query={**QUERY, "plan_id": "x"}))
    assert [method for method, _, _ in broker.calls] == ["plan_in_use"]
    assert broker.admitted == [True]
