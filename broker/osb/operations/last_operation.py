"""GET /v2/service_instances/{instance_id}/last_operation (OSB-LOPI)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from broker.osb.responses import success

if TYPE_CHECKING:
    from flask import Response

    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest


def last_operation(edge: Edge, request: OsbRequest) -> Response:
    """Return the state of the instance's last operation."""
    with edge.admission.slot():
        operation = edge.broker.last_operation(request.instance_id, caller=request.caller)
    return success(HTTPStatus.OK, state=operation.state.value)
