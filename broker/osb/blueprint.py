"""The routes of the Open Service Broker API, and what precedes every operation.

Authentication comes first, also for paths and methods that do not exist: neither size, version nor
body is looked at for a caller without credentials (OSB-AUTH-05).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from broker.audit.actor import platform_actor
from broker.errors import AuthenticationFailed, BrokerError, TooManyFailures
from broker.logs.requests import correlation_id
from broker.logs.structured import add_to_subject
from broker.osb import headers, responses
from broker.osb.admission import Admission
from broker.osb.body import check_id
from broker.osb.edge import Edge
from broker.osb.headers import UnsupportedVersion
from broker.osb.operations.bind import bind
from broker.osb.operations.catalog import catalog
from broker.osb.operations.deprovision import deprovision
from broker.osb.operations.get_binding import get_binding
from broker.osb.operations.get_instance import get_instance
from broker.osb.operations.last_binding_operation import last_binding_operation
from broker.osb.operations.last_operation import last_operation
from broker.osb.operations.provision import provision
from broker.osb.operations.unbind import unbind
from broker.osb.operations.update import update
from broker.osb.request import OsbRequest
from broker.request_body import read_body

if TYPE_CHECKING:
    from broker.osb.admission import Limits
    from broker.osb.auth import Platform, PlatformAuthenticator
    from broker.osb.catalog import Catalog
    from broker.osb.service_broker import XsuaaServiceBroker

PREFIX = "/v2/"

_INSTANCE = "/v2/service_instances/<instance_id>"
_BINDING = f"{_INSTANCE}/service_bindings/<binding_id>"

Operation = Callable[[Edge, OsbRequest], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation with its method and path."""

    method: str
    path: str
    operation: Operation


ROUTES = (
    Route("GET", "/v2/catalog", catalog),
    Route("PUT", _INSTANCE, provision),
    Route("PATCH", _INSTANCE, update),
    Route("DELETE", _INSTANCE, deprovision),
    Route("GET", _INSTANCE, get_instance),
    Route("GET", f"{_INSTANCE}/last_operation", last_operation),
    Route("PUT", _BINDING, bind),
    Route("DELETE", _BINDING, unbind),
    Route("GET", _BINDING, get_binding),
    Route("GET", f"{_BINDING}/last_operation", last_binding_operation),
)


def register_service_broker(
    app: Flask,
    broker: XsuaaServiceBroker,
    offer: Catalog,
    authenticator: PlatformAuthenticator,
    limits: Limits,
) -> None:
    """Serve ``/v2`` to the platforms that ``authenticator`` recognises."""
    edge = Edge(broker, offer, Admission(limits))
    blueprint = Blueprint("osb", __name__)
    blueprint.register_error_handler(Exception, responses.broker_error)
    blueprint.register_error_handler(HTTPException, responses.http_error)
    for route in ROUTES:
        blueprint.add_url_rule(
            route.path,
            endpoint=route.operation.__name__,
            view_func=_view(edge, route.operation),
            methods=[route.method],
        )

    @app.before_request
    def authenticate() -> Response | None:
        if not request.path.startswith(PREFIX):
            return None
        try:
            platform = authenticator.authenticate(request.environ)
        except (AuthenticationFailed, TooManyFailures) as error:
            return responses.unauthenticated(error)
        add_to_subject(platform=platform.name)
        try:
            g.osb_request = _read_request(platform, limits.body_bytes)
        except HTTPException as error:
            return responses.http_error(error)
        except (BrokerError, UnsupportedVersion) as error:
            return responses.broker_error(error)
        return None

    @app.after_request
    def complete(response: Response) -> Response:
        is_osb = request.path.startswith(PREFIX)
        return responses.echo_request_identity(response) if is_osb else response

    app.register_blueprint(blueprint)


def _view(edge: Edge, operation: Operation) -> Callable[..., Response]:
    def view(**_: str) -> Response:
        with edge.admission.deadline():
            return operation(edge, g.osb_request)

    return view


def _read_request(platform: Platform, max_body_bytes: int) -> OsbRequest:
    """Return the current request once its size, headers and ids are checked.

    Raises InvalidRequest, UnsupportedVersion, RequestEntityTooLarge.
    """
    if (request.content_length or 0) > max_body_bytes:
        # Not read at all: the length that the client announces is enough to refuse.
        raise RequestEntityTooLarge
    headers.check_version(request.headers.get(headers.VERSION))
    identity = headers.parse_originating_identity(request.headers.get(headers.ORIGINATING_IDENTITY))
    ids = request.view_args or {}
    for name, value in ids.items():
        check_id(name, value)
    return OsbRequest(
        platform=platform,
        caller=platform_actor(platform.name, identity, correlation_id()),
        instance_id=ids.get("instance_id", ""),
        binding_id=ids.get("binding_id", ""),
        query=request.args,
        media_type=request.mimetype,
        read_body=read_body,
    )
