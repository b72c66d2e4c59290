"""The composition root: settings become an engine, services and a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from broker.addresses import Addresses
from broker.certificates import certificate_bindings, trust_of
from broker.clock import SystemClock
from broker.descriptor.redirects import RedirectPolicy
from broker.draining import is_draining
from broker.environment import load_settings
from broker.instances.bind import Bind
from broker.instances.complete import Complete
from broker.instances.declare import Declare
from broker.instances.deprovision import Deprovision
from broker.instances.fetch import Fetch
from broker.instances.guard import UsageGuard
from broker.instances.inspect import Inspect
from broker.instances.payload import Payloads
from broker.instances.provision import Provision
from broker.instances.restore import Restore
from broker.instances.unbind import Unbind
from broker.instances.update import Update
from broker.instances.zone import ZoneDirectory, ZoneRule
from broker.master_keys import parse_master_keys
from broker.oauth.errors import http_error as oauth_http_error
from broker.oauth.token_path import TokenPath
from broker.osb.adapter import Operations, XsuaaServiceBroker
from broker.osb.blueprint import PREFIX as OSB_PREFIX
from broker.osb.blueprint import Limits, register_service_broker
from broker.osb.catalog import Catalog
from broker.osb.responses import http_error as osb_http_error
from broker.osb.schemas import catalog_schemas
from broker.pki.trust import Trust
from broker.platforms import platforms_of
from broker.probes import probes
from broker.resources import resource
from broker.security_headers import SecurityHeaders
from broker.seeing import watch
from broker.settings import Settings
from broker.store import schema
from broker.store.bootstrap import create_missing_keys
from broker.store.data_keys import DataKeys
from broker.store.engine import open_engine
from broker.store.faults import translating
from broker.store.restored import require_unlocked
from broker.store.signing_keys import StoredSigningKeys
from broker.store.transactions import StoreTransactions
from broker.telemetry import configure_logging, log_requests
from broker.token_service import token_service
from broker.tokens.signing import KeyRing, new_signing_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine


_log = structlog.get_logger(__name__)

TRUST = "xsuaa-trust"
"""The application's extension that tells the TLS listener whose certificates to listen to."""


@dataclass(frozen=True, slots=True)
class Store:
    """The database and the keys that open what is sealed in it."""

    engine: Engine
    keys: DataKeys


def open_store(settings: Settings, *, for_requests: bool = False) -> Store:
    """Return the store that the settings name; nothing is connected yet.

    ``for_requests``: nobody waits for a statement for ever.
    """
    engine = open_engine(
        settings.database_url.get_secret_value(),
        connections=settings.threads,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout if for_requests else 0,
    )
    return Store(
        engine,
        DataKeys(
            engine,
            parse_master_keys(settings.master_keys.get_secret_value()),
            settings.key_reload_interval,
        ),
    )


def prepare_store(settings: Settings) -> None:
    """Check the schema and make the first keys; raise ConfigurationError if this cannot run."""
    configure_logging(settings.log_level, as_json=settings.logs_json)
    store = open_store(settings)
    try:
        with translating():
            schema.require_current(store.engine)
            now = SystemClock().now()
            require_unlocked(store.engine)
            create_missing_keys(store.engine, store.keys, new_signing_key, now)
            _complete(settings, store)
    finally:
        store.engine.dispose()


def upgrade_store(settings: Settings) -> tuple[str | None, str]:
    """Bring the database to this version; return the schema's revision before and after."""
    configure_logging(settings.log_level, as_json=settings.logs_json, stream="stderr")
    store = open_store(settings)
    with translating():
        revisions = schema.upgrade(store.engine)
        _complete(settings, store)
        return revisions


def _complete(settings: Settings, store: Store) -> None:
    transactions = StoreTransactions(store.engine, store.keys)
    if completed := Complete(transactions, _declare(settings))():
        _log.info("service instances of an older version completed", number=completed)


@dataclass(frozen=True, slots=True)
class Administration:
    """What an operator's commands do to service instances."""

    inspect: Inspect
    update: Update
    release_name: Callable[[str], bool]
    restore: Restore


def open_administration(settings: Settings) -> Administration:
    """Return the operator's services; raise ConfigurationError if the schema is another one."""
    configure_logging(settings.log_level, as_json=settings.logs_json, stream="stderr")
    store = open_store(settings)
    with translating():
        schema.require_current(store.engine)
        store.keys.load()
    transactions, clock = StoreTransactions(store.engine, store.keys), SystemClock()
    return Administration(
        Inspect(transactions),
        _update(settings, transactions),
        lambda app_id: transactions.run(lambda found: found.held_names.release(app_id)),
        Restore(
            transactions,
            clock,
            Unbind(transactions, clock),
            Deprovision(transactions, clock, _declare(settings)),
        ),
    )


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application: broker, token service and probes on one set of services."""
    settings = settings or load_settings()
    configure_logging(settings.log_level, as_json=settings.logs_json)
    store = open_store(settings, for_requests=True)
    addresses = Addresses(settings.public_url, settings.cert_url, settings.api_url, settings.domain)
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
    if settings.only != "tokens":
        _add_service_broker(app, settings, _operations(settings, store, addresses, ring, trust))
    seeing = watch(app, settings, store.engine)
    blueprint, token_endpoint = token_service(
        settings, store.engine, store.keys, addresses, ring, seeing.observer
    )
    app.register_blueprint(blueprint)
    app.wsgi_app = TokenPath(  # type: ignore[method-assign]  # the documented place
        app.wsgi_app, token_endpoint, security, seeing.answered
    )
    app.register_blueprint(
        probes(
            {
                "database": lambda: schema.revision(store.engine),
                "migrations": lambda: schema.require_current(store.engine),
                "keys": ring.current,
            }
        )
    )
    if settings.tracing:
        # These packages are an extra, and cost a start without them nothing.
        from broker.tracing import trace_requests  # noqa: PLC0415

        trace_requests(app, store.engine)
    app.after_request(_close_when_due)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)
    return app


def _add_service_broker(app: Flask, settings: Settings, operations: Operations) -> None:
    catalog = Catalog.load(resource("catalog.yaml"), catalog_schemas())
    register_service_broker(
        app,
        XsuaaServiceBroker(catalog, operations),
        catalog,
        platforms_of(settings),
        Limits(
            body_bytes=settings.max_body_bytes,
            request_seconds=settings.lock_timeout,
            running_calls=max(1, settings.threads // 2),
            present_calls=settings.waiting_threads,
        ),
    )


def _operations(
    settings: Settings, store: Store, addresses: Addresses, ring: KeyRing, trust: Trust
) -> Operations:
    transactions = StoreTransactions(store.engine, store.keys)
    clock = SystemClock()
    declare = _declare(settings)
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
        ),
        update=_update(settings, transactions),
        deprovision=Deprovision(transactions, clock, declare),
        bind=Bind(
            transactions,
            clock,
            payloads,
            certificate_bindings(settings, trust),
            settings.mints_instance_secrets,
            settings.max_bindings_per_instance,
        ),
        unbind=Unbind(transactions, clock),
        fetch=Fetch(transactions, clock),
    )


def _declare(settings: Settings) -> Declare:
    return Declare(
        ZoneDirectory([ZoneRule(**rule.model_dump()) for rule in settings.zones]),
        RedirectPolicy(settings.shared_domains, settings.localhost_redirects),
        SystemClock(),
    )


def _update(settings: Settings, transactions: StoreTransactions) -> Update:
    relist_within = timedelta(days=settings.instance_secret_relist_days)
    guard = UsageGuard(timedelta(days=settings.removal_guard_days))
    return Update(transactions, SystemClock(), _declare(settings), relist_within, guard)


def _close_when_due(response: Response) -> Response:
    """Announce the end of a connection that will not serve another request.

    That is so when the server stops, and when a refused request's body was left unread: what
    follows on the connection would be taken for the rest of it.
    """
    has_body = request.content_length or "Transfer-Encoding" in request.headers
    if is_draining() or (has_body and not g.get("body_was_read")):
        response.headers["Connection"] = "close"
    return response


def _http_error(error: HTTPException) -> Response:
    is_osb = request.path.startswith(OSB_PREFIX)
    return osb_http_error(error) if is_osb else oauth_http_error(error)


def _unforeseen(error: Exception) -> Response:
    _log.error("unforeseen error", exc_info=error)
    internal = HTTPException()
    internal.code = HTTPStatus.INTERNAL_SERVER_ERROR
    return _http_error(internal)
