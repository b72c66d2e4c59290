"""GET /v2/service_instances/{instance_id}/service_bindings/{binding_id} (OSB-GETB)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from broker.errors import InvalidRequest
from broker.osb.responses import success

if TYPE_CHECKING:
    from flask import Response

    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest


def get_binding(edge: Edge, request: OsbRequest) -> Response:
    """Return a binding with its credentials, if the platform may read them back (D-07)."""
    if not request.platform.reads_credentials:
        raise InvalidRequest.at(
            "service binding",
            "reading credentials back is switched off for this platform",
            "the credentials that the bind call returned",
        )
    with edge.admission.slot():
        binding = edge.broker.get_binding(
            request.instance_id, request.binding_id, caller=request.caller
        )
    return success(
        HTTPStatus.OK,
        credentials=binding.credentials,
        parameters=binding.parameters,
        metadata=binding.metadata,
    )
