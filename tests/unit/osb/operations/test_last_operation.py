"""GET of the last operation of a service instance (OSB-LOPI)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openbrokerapi.service_broker import LastOperation, OperationState

from broker.osb.operations.last_operation import last_operation
from tests.support.osb import an_osb_request

if TYPE_CHECKING:
    from broker.osb.edge import Edge
    from tests.unit.osb.operations.conftest import RecordedBroker


def test_the_state_is_returned(edge: Edge, broker: RecordedBroker) -> None:
    broker.result = LastOperation(OperationState.SUCCEEDED)
    request = an_osb_request()
    response = last_operation(edge, request)
    assert (response.status_code, response.get_json()) == (200, {"state": "succeeded"})
    assert broker.calls == [("last_operation", ("i",), {"caller": request.caller})]
    assert broker.admitted == [True]
