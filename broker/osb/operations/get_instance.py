"""GET /v2/service_instances/{instance_id} (OSB-GETI)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from broker.osb.responses import success

if TYPE_CHECKING:
    from flask import Response

    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest


def get_instance(edge: Edge, request: OsbRequest) -> Response:
    """Return a service instance with its parameters."""
    with edge.admission.slot():
        instance = edge.broker.get_instance(request.instance_id, caller=request.caller)
    return success(
        HTTPStatus.OK,
        service_id=instance.service_id,
        plan_id=instance.plan_id,
        dashboard_url=instance.dashboard_url,
        parameters=instance.parameters,
        maintenance_info=instance.maintenance_info,
    )
