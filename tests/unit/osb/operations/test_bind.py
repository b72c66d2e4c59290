"""PUT of a binding (OSB-BIND, OSB-ROT)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from openbrokerapi.service_broker import BindState

from broker.errors import InvalidRequest
from broker.osb.operations.bind import bind
from broker.osb.specifications import Bound
from tests.support.osb import an_osb_request
from tests.support.platform import APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest
    from tests.unit.osb.operations.conftest import RecordedBroker

IDS = {"service_id": SERVICE_ID, "plan_id": APPLICATION}
CREDENTIALS = {"clientid": "sb-app!t7"}
METADATA = {"expires_at": "2030-01-07T00:00:00.0Z"}


def with_body(**members: Any) -> OsbRequest:
    return an_osb_request(read_body=lambda: json.dumps(members).encode())


@pytest.mark.parametrize(
    ("state", "status"),
    [(BindState.SUCCESSFUL_BOUND, 201), (BindState.IDENTICAL_ALREADY_EXISTS, 200)],
)
def test_credentials_and_metadata_are_returned(
    edge: Edge, broker: RecordedBroker, state: BindState, status: int
) -> None:
    broker.result = Bound(state, CREDENTIALS, METADATA)
    response = bind(edge, with_body(**IDS))
    assert response.status_code == status
    assert response.get_json() == {"credentials": CREDENTIALS, "metadata": METADATA}
    assert broker.admitted == [True]


def test_all_members_are_passed(edge: Edge, broker: RecordedBroker) -> None:
    broker.result = Bound(BindState.SUCCESSFUL_BOUND, CREDENTIALS, None)
    request = with_body(
        **IDS,
        bind_resource={"app_guid": "app"},
        parameters={"credential-type": "x509"},
        context={"platform": "cloudfoundry"},
    )
    assert bind(edge, request).get_json() == {"credentials": CREDENTIALS}
    [(method, (instance_id, binding_id, details), options)] = broker.calls
    assert (method, instance_id, binding_id) == ("bind", "i", "b")
    assert (details.service_id, details.plan_id) == (SERVICE_ID, APPLICATION)
    assert (details.app_guid, details.parameters) == ("app", {"credential-type": "x509"})
    assert details.context == {"platform": "cloudfoundry"}
    assert options == {"caller": request.caller, "predecessor_id": None}


def test_a_successor_needs_neither_service_nor_plan(edge: Edge, broker: RecordedBroker) -> None:
    """OSB-ROT-02."""
    broker.result = Bound(BindState.SUCCESSFUL_BOUND, CREDENTIALS, None)
    assert bind(edge, with_body(predecessor_binding_id="previous")).status_code == 201
    [(_, (_, _, details), options)] = broker.calls
    assert (details.service_id, details.plan_id) == (None, None)
    assert options["predecessor_id"] == "previous"


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"service_id": SERVICE_ID},
        {**IDS, "plan_id": "other"},
        {**IDS, "service_id": "other"},
        {**IDS, "bind_resource": "app"},
        {"predecessor_binding_id": "previous", "plan_id": "other"},
    ],
)
def test_an_invalid_body_is_refused_before_the_broker_is_called(
    edge: Edge, broker: RecordedBroker, members: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest):
        bind(edge, with_body(**members))
    assert broker.calls == []
