"""openbrokerapi's blueprint with our gate in front of it.

The gate runs as a hook of the application, before all of the blueprint's own: authentication
comes first, and neither size, version nor body is looked at for a caller who has none
(OSB-AUTH-05). What openbrokerapi would answer with a 500 or with too little is decided in ``gate``
or in ``responses``; the library itself stays as it is.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openbrokerapi.settings
from flask import Blueprint, Flask, Response, g, request
from openbrokerapi.api import get_blueprint
from openbrokerapi.auth import NoneBrokerAuthenticator
from werkzeug.exceptions import HTTPException

from broker.errors import BrokerError, Busy
from broker.logs.structured import add_to_subject
from broker.osb import responses
from broker.osb.gate import check_request
from broker.osb.headers import UnsupportedVersion
from broker.runtime.deadline import clear_deadline, seconds_left, set_deadline

if TYPE_CHECKING:
    from broker.osb.adapter import XsuaaServiceBroker
    from broker.osb.auth import PlatformAuthenticator
    from broker.osb.catalog import Catalog

PREFIX = "/v2/"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platforms may take up in one process.

    Bytes of a body, seconds of a request, calls that are active at a time, and calls that may be
    here at a time, active or waiting.
    """

    body_bytes: int
    request_seconds: int
    active_calls: int
    queued_calls: int


def register_service_broker(
    app: Flask,
    broker: XsuaaServiceBroker,
    catalog: Catalog,
    authenticator: PlatformAuthenticator,
    limits: Limits,
) -> None:
    """Serve ``/v2`` with this broker for the platforms that ``authenticator`` knows."""
    # Token requests share threads and connections with platforms and must not starve (D-20): only
    # so many calls use the database, and what waits for them never holds the last thread.
    active = threading.BoundedSemaphore(limits.active_calls)
    queued = threading.BoundedSemaphore(limits.queued_calls)
    blueprint = _library_blueprint(broker)
    blueprint.register_error_handler(Exception, responses.broker_error)
    blueprint.register_error_handler(HTTPException, responses.http_error)

    @app.before_request
    def gate() -> Response | None:
        if not request.path.startswith(PREFIX):
            return None
        platform = authenticator.platform_of(request.headers.get("Authorization"))
        if platform is None:
            return responses.unauthorized()
        g.platform = platform
        add_to_subject(platform=platform.name)
        set_deadline(limits.request_seconds)
        try:
            check_request(catalog, limits.body_bytes, broker.plan_in_use)
            _acquire(queued, timeout=0.0)
            _acquire(active, timeout=seconds_left(limits.request_seconds))
        except HTTPException as error:
            return responses.http_error(error)
        except (BrokerError, UnsupportedVersion) as error:
            return responses.broker_error(error)
        return None

    @app.after_request
    def complete(response: Response) -> Response:
        is_osb = request.path.startswith(PREFIX)
        return responses.complete_response(response) if is_osb else response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        clear_deadline()
        for semaphore in g.pop("acquired", ()):
            semaphore.release()

    app.register_blueprint(blueprint)


def _acquire(semaphore: threading.BoundedSemaphore, *, timeout: float) -> None:
    if not semaphore.acquire(timeout=timeout):
        raise Busy("The broker is busy with other calls; try again in a minute.")
    g.acquired = [*g.get("acquired", ()), semaphore]


def _library_blueprint(broker: XsuaaServiceBroker) -> Blueprint:
    # The library prints headers and bodies at DEBUG (OSB-AUTH-06), answers a malformed version
    # with a 500 (OSB-HDR-04) and wants GUIDs that Kubernetes does not send (OSB-PROV-06).
    logger = logging.getLogger("openbrokerapi")
    logger.setLevel(logging.CRITICAL)
    logging.getLogger("openbrokerapi.request_filter").disabled = True
    openbrokerapi.settings.DISABLE_VERSION_CHECK = True
    openbrokerapi.settings.DISABLE_SPACE_ORG_GUID_CHECK = True
    blueprint: Blueprint = get_blueprint(
        broker, None, logger, authenticator=NoneBrokerAuthenticator()
    )
    return blueprint
