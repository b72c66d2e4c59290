"""DELETE /v2/service_instances/{instance_id}/service_bindings/{binding_id} (OSB-UNB)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from openbrokerapi.service_broker import UnbindDetails

from broker.osb.responses import success

if TYPE_CHECKING:
    from flask import Response

    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest


def unbind(edge: Edge, request: OsbRequest) -> Response:
    """Delete a binding or service key: 200."""
    service_id = edge.deleted_service(request)
    plan_id = request.query_parameter("plan_id")
    with edge.admission.slot():
        details = UnbindDetails(service_id, edge.deleted_plan(request, plan_id))
        edge.broker.unbind(request.instance_id, request.binding_id, details, caller=request.caller)
    return success(HTTPStatus.OK)
