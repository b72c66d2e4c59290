"""PATCH /v2/service_instances/{instance_id} (OSB-UPD)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from openbrokerapi.service_broker import UpdateDetails

from broker.osb.body import Form
from broker.osb.responses import success

if TYPE_CHECKING:
    from flask import Response

    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest

FORM = Form(
    required=("service_id",),
    optional=("plan_id", "maintenance_version"),
    objects=("parameters", "context"),
    # The previous values that the platform assumes are never trusted (OSB-UPD-14).
    ignored_objects=("previous_values", "maintenance_info"),
)


def update(edge: Edge, request: OsbRequest) -> Response:
    """Change a service instance: 200."""
    message = request.message(FORM)
    edge.catalog.check(message)
    details = UpdateDetails(
        service_id=message.service_id,
        plan_id=message.plan_id,
        parameters=message.parameters,
        context=message.context,
    )
    with edge.admission.slot():
        updated = edge.broker.update(request.instance_id, details, caller=request.caller)
    return success(
        HTTPStatus.OK, dashboard_url=updated.dashboard_url, description=updated.description
    )
