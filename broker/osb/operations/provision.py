"""PUT /v2/service_instances/{instance_id} (OSB-PROV)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from openbrokerapi.service_broker import ProvisionDetails, ProvisionState

from broker.errors import InvalidRequest
from broker.osb.body import Form
from broker.osb.responses import success

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from broker.osb.body import Message
    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest

FORM = Form(
    required=("service_id", "plan_id"),
    optional=("organization_guid", "space_guid", "maintenance_version"),
    objects=("parameters", "context"),
    ignored_objects=("maintenance_info",),
)
_STATUS = {
    ProvisionState.SUCCESSFUL_CREATED: HTTPStatus.CREATED,
    ProvisionState.IDENTICAL_ALREADY_EXISTS: HTTPStatus.OK,
}
_GUIDS = ("organization_guid", "space_guid")


def provision(edge: Edge, request: OsbRequest) -> Response:
    """Create a service instance: 201, or 200 if it exists already with the same attributes."""
    message = request.message(FORM)
    edge.catalog.check(message)
    details = ProvisionDetails(
        service_id=message.service_id,
        plan_id=message.plan_id,
        parameters=message.parameters,
        # The library has a copy in the context overrule these, and demands them of any platform.
        context={name: value for name, value in message.context.items() if name not in _GUIDS},
        **{name: guid or "" for name, guid in place(message).items()},
    )
    with edge.admission.slot():
        provisioned = edge.broker.provision(request.instance_id, details, caller=request.caller)
    return success(
        _STATUS[provisioned.state],
        dashboard_url=provisioned.dashboard_url,
        description=provisioned.description,
    )


def place(message: Message) -> dict[str, str | None]:
    """Return the GUIDs of organization and space; only Kubernetes may lack them.

    They may stand in the body, in the context, or in both with equal values (OSB-PROV-05,
    OSB-PROV-06, OSB-CTX-03). Raises InvalidRequest.
    """
    given = {
        "organization_guid": message.organization_guid,
        "space_guid": message.space_guid,
    }
    return {name: _guid(name, guid, message.context) for name, guid in given.items()}


def _guid(name: str, given: str | None, context: Mapping[str, Any]) -> str | None:
    in_context = context.get(name) or None
    guid = given or in_context
    if in_context not in {None, guid}:
        raise InvalidRequest.at(name, f"another value than context.{name}", "equal values")
    if guid is None and context.get("platform") != "kubernetes":
        raise InvalidRequest.at(name, "missing or empty", "a non-empty string")
    return guid
