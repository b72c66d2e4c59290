"""The composition root: builds services and the Flask application from settings."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from broker.clock import SystemClock
from broker.composition.addresses import addresses_of
from broker.composition.administration import declare_service, open_store, update_service
from broker.composition.administration_api import add_administration_api, administration_limits
from broker.composition.certificates import certificate_bindings, trust_of
from broker.composition.client_address import client_address
from broker.composition.console import console
from broker.composition.login import login_service
from broker.composition.observers import token_monitoring
from broker.composition.platforms import platforms_of
from broker.composition.token_service import token_service
from broker.composition.user_grants import UserGrantParts
from broker.lifecycle.bind import Bind
from broker.lifecycle.deprovision import Deprovision
from broker.lifecycle.fetch import Fetch
from broker.lifecycle.issuing.payload import Payloads
from broker.lifecycle.issuing.registry import issuers
from broker.lifecycle.provision import Provision
from broker.lifecycle.unbind import Unbind
from broker.login.pages.errors import http_error as page_http_error
from broker.login.pages.errors import prefers_html
from broker.login.pages.rendering import Pages
from broker.logs.requests import log_requests
from broker.logs.structured import configure_logging
from broker.oauth.errors import http_error as oauth_http_error
from broker.oauth.token.batch import TokenBatch
from broker.oauth.token.fast_path import TokenFastPath
from broker.observability.probes import probes
from broker.osb.admission import Limits
from broker.osb.blueprint import PREFIX as OSB_PREFIX
from broker.osb.blueprint import register_service_broker
from broker.osb.catalog import Catalog
from broker.osb.reference import reference
from broker.osb.responses import http_error as osb_http_error
from broker.osb.schemas import catalog_schemas
from broker.osb.service_broker import Operations, XsuaaServiceBroker
from broker.pki.keys import KeyMaker
from broker.pki.trust import Trust
from broker.request_body import has_unread_body
from broker.runtime.background import BackgroundWorker
from broker.runtime.draining import is_draining
from broker.runtime.resources import resource
from broker.security_headers import SecurityHeaders
from broker.settings.environment import load_settings
from broker.settings.threads import waiting_calls
from broker.store.database.schema_revision import require_current, revision
from broker.store.rollback.counts import revocation_file
from broker.store.rollback.put_back import require_no_copy
from broker.store.tokens.signing_keys import StoredSigningKeys
from broker.store.transactions import StoreTransactions
from broker.tokens.signing import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.addresses import Addresses
    from broker.composition.administration import Store
    from broker.osb.auth import PlatformAuthenticator
    from broker.settings.model import Settings

_log = structlog.get_logger(__name__)

TRUST = "xsuaa-trust"
"""The application extension with the trusted CAs, for the TLS listener."""

COUNT_EVENT = "xsuaa-count-event"
"""The application extension that counts an event of the network by its name."""

IS_PLATFORM = "xsuaa-is-platform"
"""The application extension that checks the Authorization header of a broker call."""

TOKEN_FAST_PATH = "xsuaa-token-fast-path"  # noqa: S105 - a name
"""The application extension that handles token requests; absent if requests are traced."""


def create_app(
    settings: Settings | None = None,
    should_close_connection: Callable[[int], bool] = lambda _: False,
) -> Flask:
    """Return the WSGI application: broker, token service and probes on shared services.

    ``should_close_connection`` receives the number of active token requests and returns whether
    the response to one of them should close its connection.
    """
    settings = settings or load_settings()
    configure_logging(settings.log_level, as_json=settings.logs_json)
    store = open_store(settings, for_requests=True)
    addresses = addresses_of(settings)
    trust = trust_of(settings, store.engine)
    ring = KeyRing(
        StoredSigningKeys(store.engine, store.keys),
        settings.key_reload_interval,
        settings.keys_usable_for,
    )

    app = Flask(__name__, static_folder=None)
    app.extensions[TRUST] = trust
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    log_requests(app)
    security = SecurityHeaders(strict_transport=settings.serves_https_alone)
    security.add_to(app)
    background = BackgroundWorker()
    monitoring = token_monitoring(app, settings, store.engine, background)
    address = client_address(settings, monitoring.count_event)
    if settings.only != "tokens":
        operations = _operations(settings, store, addresses, ring, trust)
        platforms = platforms_of(settings, address)
        app.extensions[IS_PLATFORM] = platforms.platform_of
        _add_service_broker(app, settings, operations, platforms, addresses.shared_url)
    app.register_blueprint(reference())
    transactions = StoreTransactions(store.engine, store.keys)
    parts = UserGrantParts.of(settings, store.engine, store.keys, addresses, ring, transactions)
    blueprint, endpoints = token_service(
        settings,
        store.engine,
        store.keys,
        addresses,
        ring,
        monitoring.observer,
        background,
        address,
        parts,
    )
    app.extensions[COUNT_EVENT] = monitoring.count_event
    app.register_blueprint(blueprint)
    introspection = endpoints.introspection.introspection
    login = login_service(settings, store, addresses, parts, address)
    app.register_blueprint(login.blueprint)
    limits = administration_limits(settings, parts)
    add_administration_api(app, settings, store, addresses, introspection, parts, limits)
    app.register_blueprint(console(settings, store, parts, login, limits, address))
    batch = TokenBatch(
        endpoints,
        monitoring.observe_request,
        _batch_size(settings),
        should_close_connection,
        parts.turn.record_tokens,
    )
    fast_path = TokenFastPath(app.wsgi_app, batch, security)
    app.wsgi_app = fast_path  # type: ignore[method-assign]  # as Flask documents it
    checks: dict[str, Callable[[], object]] = {
        "database": lambda: revision(store.engine),
        "migrations": lambda: require_current(store.engine),
        "keys": ring.current,
    }
    if revocation_file(store.engine) is not None:
        checks["revocations"] = lambda: require_no_copy(store.engine)
    app.register_blueprint(probes(checks))
    if settings.tracing:
        # These packages are an optional extra and take time to import.
        from broker.observability.tracing import trace_requests  # noqa: PLC0415

        trace_requests(app, store.engine)
    else:
        app.extensions[TOKEN_FAST_PATH] = fast_path
    app.after_request(_close_when_due)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    return app


def _batch_size(settings: Settings) -> int:
    """Return the maximum number of token requests in a batch."""
    # In a trace a statement belongs to one request.
    return 1 if settings.tracing else 16


def _add_service_broker(
    app: Flask,
    settings: Settings,
    operations: Operations,
    platforms: PlatformAuthenticator,
    origin: str,
) -> None:
    catalog = Catalog.load(resource("catalog.yaml"), catalog_schemas(), origin)
    register_service_broker(
        app,
        XsuaaServiceBroker(catalog, operations, origin),
        catalog,
        platforms,
        Limits(
            body_bytes=settings.max_body_bytes,
            request_seconds=settings.lock_timeout,
            active_requests=max(1, settings.threads // 2),
            queued_requests=waiting_calls(settings.threads),
        ),
    )


def _operations(
    settings: Settings, store: Store, addresses: Addresses, ring: KeyRing, trust: Trust
) -> Operations:
    transactions = StoreTransactions(store.engine, store.keys)
    clock = SystemClock()
    declare = declare_service(settings)
    payloads = Payloads(
        addresses,
        verification_key=lambda: ring.current().jwk["value"],
        with_service_instance_id=settings.payload_service_instance_id,
    )
    return Operations(
        provision=Provision(
            transactions,
            clock,
            declare.zones,
            declare,
            settings.default_types,
            settings.max_instances_per_zone,
            approves_apiaccess=settings.approves_apiaccess,
        ),
        update=update_service(settings, transactions),
        deprovision=Deprovision(transactions, clock, declare),
        bind=Bind(
            transactions,
            clock,
            payloads,
            issuers(clock, certificate_bindings(settings, trust, addresses)),
            KeyMaker(settings.lock_timeout),
            settings.mints_instance_secrets,
            settings.max_bindings_per_instance,
        ),
        unbind=Unbind(transactions, clock),
        fetch=Fetch(transactions, clock),
    )


def _close_when_due(response: Response) -> Response:
    """Send ``Connection: close`` if the connection cannot serve another request.

    That is the case while the server is draining, and after a refused request whose body was not
    read: the rest of the body would be read as the next request.
    """
    if is_draining() or has_unread_body():
        response.headers["Connection"] = "close"
    return response


def _http_error(error: HTTPException) -> Response:
    if request.path.startswith(OSB_PREFIX):
        return osb_http_error(error)
    return page_http_error(Pages(), error) if prefers_html() else oauth_http_error(error)


def _unexpected(error: Exception) -> Response:
    _log.error("unexpected error", exc_info=error)
    internal = HTTPException()
    internal.code = HTTPStatus.INTERNAL_SERVER_ERROR
    return _http_error(internal)
