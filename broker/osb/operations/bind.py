"""PUT /v2/service_instances/{instance_id}/service_bindings/{binding_id} (OSB-BIND, OSB-ROT)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from openbrokerapi.service_broker import BindDetails, BindState

from broker.osb.body import Form
from broker.osb.responses import success

if TYPE_CHECKING:
    from flask import Response

    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest

PREDECESSOR = "predecessor_binding_id"

FORM = Form(
    required=("service_id", "plan_id"),
    optional=("app_guid",),
    objects=("parameters", "context"),
    ignored_objects=("bind_resource",),
)
SUCCESSOR_FORM = Form(
    # The specification and its OpenAPI form disagree about service and plan (OSB-ROT-02).
    required=(PREDECESSOR,),
    optional=("service_id", "plan_id", "app_guid"),
    objects=("parameters", "context"),
    ignored_objects=("bind_resource",),
)
_STATUS = {
    BindState.SUCCESSFUL_BOUND: HTTPStatus.CREATED,
    BindState.IDENTICAL_ALREADY_EXISTS: HTTPStatus.OK,
}


def bind(edge: Edge, request: OsbRequest) -> Response:
    """Create a binding or service key: 201, or 200 if it exists with the same attributes."""
    message = request.message(FORM, (PREDECESSOR, SUCCESSOR_FORM))
    edge.catalog.check(message)
    details = BindDetails(
        service_id=message.service_id,
        plan_id=message.plan_id,
        app_guid=message.app_guid,
        parameters=message.parameters,
        context=message.context,
    )
    with edge.admission.slot():
        bound = edge.broker.bind(
            request.instance_id,
            request.binding_id,
            details,
            caller=request.caller,
            predecessor_id=message.predecessor_binding_id,
        )
    return success(_STATUS[bound.state], credentials=bound.credentials, metadata=bound.metadata)
