"""PATCH of a service instance (OSB-UPD)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import InvalidRequest, MaintenanceConflict
from broker.osb.operations.update import update
from broker.osb.specifications import Updated
from tests.support.osb import an_osb_request
from tests.support.platform import APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest
    from tests.unit.osb.operations.conftest import RecordedBroker


DASHBOARD = "https://uaa.example.org/console/instances/i"


def with_body(**members: Any) -> OsbRequest:
    return an_osb_request(read_body=lambda: json.dumps(members).encode())


@pytest.mark.parametrize(
    ("description", "body"), [(None, {}), ("A note.", {"description": "A note."})]
)
def test_notes_are_described(
    edge: Edge, broker: RecordedBroker, description: str | None, body: dict[str, str]
) -> None:
    broker.result = Updated(description, DASHBOARD)
    response = update(edge, with_body(service_id=SERVICE_ID))
    assert (response.status_code, response.get_json()) == (
        200,
        {"dashboard_url": DASHBOARD, **body},
    )
    assert broker.admitted == [True]


def test_all_members_but_the_previous_values_are_passed(edge: Edge, broker: RecordedBroker) -> None:
    """OSB-UPD-14."""
    broker.result = Updated(None, DASHBOARD)
    request = with_body(
        service_id=SERVICE_ID,
        plan_id=APPLICATION,
        parameters={"xsappname": "app"},
        context={"platform": "cloudfoundry"},
        previous_values={"plan_id": "other", "organization_id": "org"},
    )
    update(edge, request)
    [(method, (instance_id, details), options)] = broker.calls
    assert (method, instance_id, options) == ("update", "i", {"caller": request.caller})
    assert (details.service_id, details.plan_id) == (SERVICE_ID, APPLICATION)
    assert (details.parameters, details.context) == (
        {"xsappname": "app"},
        {"platform": "cloudfoundry"},
    )
    assert details.previous_values is None


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, InvalidRequest),
        ({"service_id": "other"}, InvalidRequest),
        ({"service_id": SERVICE_ID, "plan_id": "other"}, InvalidRequest),
        ({"service_id": SERVICE_ID, "previous_values": "none"}, InvalidRequest),
        (
            {"service_id": SERVICE_ID, "maintenance_info": {"version": "0.0.0-other"}},
            MaintenanceConflict,
        ),
    ],
)
def test_an_invalid_body_is_refused_before_the_broker_is_called(
    edge: Edge, broker: RecordedBroker, members: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        update(edge, with_body(**members))
    assert broker.calls == []
