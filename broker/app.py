"""The composition root: settings become an engine, services and a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from broker.addresses import Addresses
from broker.clock import SystemClock
from broker.credentials.authenticate import SecretAuthenticator
from broker.descriptor.redirects import RedirectPolicy
from broker.draining import is_draining
from broker.environment import load_settings
from broker.instances.bind import Bind
from broker.instances.declare import Declare
from broker.instances.deprovision import Deprovision
from broker.instances.fetch import Fetch
from broker.instances.guard import UsageGuard
from broker.instances.payload import Payloads
from broker.instances.provision import Provision
from broker.instances.unbind import Unbind
from broker.instances.update import Update
from broker.instances.zone import ZoneDirectory, ZoneRule
from broker.oauth.discovery import add_discovery
from broker.oauth.errors import http_error as oauth_http_error
from broker.oauth.errors import register_error_handlers
from broker.oauth.keys import add_key_endpoints
from broker.oauth.observer import Observers, TokenObserver
from broker.oauth.token import add_token_endpoint
from broker.osb.adapter import Operations, XsuaaServiceBroker
from broker.osb.auth import Platform, PlatformAuthenticator
from broker.osb.blueprint import PREFIX as OSB_PREFIX
from broker.osb.blueprint import Limits, register_service_broker
from broker.osb.catalog import Catalog
from broker.osb.responses import http_error as osb_http_error
from broker.osb.schemas import catalog_schemas
from broker.probes import probes
from broker.resources import resource
from broker.settings import DEFAULT_PLATFORM, Settings, given_secrets, parse_master_keys
from broker.store import schema
from broker.store.bootstrap import create_missing_keys
from broker.store.census import take_census
from broker.store.credentials import StoredCredentials
from broker.store.data_keys import DataKeys
from broker.store.engine import open_engine
from broker.store.faults import translating
from broker.store.granted_scopes import StoredGrants
from broker.store.signing_keys import SigningKeyTable
from broker.store.transactions import StoreTransactions
from broker.store.usage import write_usage
from broker.telemetry import configure_logging, log_requests
from broker.tokens.authorities import Authorities
from broker.tokens.grants.client_credentials import ClientCredentials
from broker.tokens.signing import KeyRing, new_signing_key
from broker.usage import UsageRecorder

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from broker.tokens.grant import Grant

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """The database and the keys that open what is sealed in it."""

    engine: Engine
    keys: DataKeys


def open_store(settings: Settings) -> Store:
    """Return the store that the settings name; nothing is connected yet."""
    engine = open_engine(
        settings.database_url.get_secret_value(),
        connections=settings.threads,
        lock_timeout=settings.lock_timeout,
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
    store = open_store(settings)
    try:
        with translating():
            schema.require_current(store.engine)
            create_missing_keys(store.engine, store.keys, new_signing_key(SystemClock().now()))
    finally:
        store.engine.dispose()


def upgrade_store(settings: Settings) -> tuple[str | None, str]:
    """Bring the database schema to this version; return the revision before and after."""
    with translating():
        return schema.upgrade(open_store(settings).engine)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application: broker, token service and probes on one set of services."""
    settings = settings or load_settings()
    configure_logging(settings.log_level, as_json=settings.logs_json)
    store = open_store(settings)
    addresses = Addresses(settings.public_url, settings.cert_url, settings.api_url, settings.domain)
    ring = KeyRing(SigningKeyTable(store.engine, store.keys), settings.key_reload_interval)

    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    log_requests(app)
    catalog = Catalog.load(resource("catalog.yaml"), catalog_schemas())
    register_service_broker(
        app,
        XsuaaServiceBroker(catalog, _operations(settings, store, addresses, ring)),
        catalog,
        _platforms(settings),
        Limits(
            body_bytes=settings.max_body_bytes,
            request_seconds=settings.lock_timeout,
            running_calls=max(1, settings.threads // 2),
            present_calls=settings.waiting_threads,
        ),
    )
    observers: list[TokenObserver] = [_usage_recorder(settings, store)]
    if token := settings.metrics_token.get_secret_value():
        observers.append(_add_metrics(app, token, settings, store))
    app.register_blueprint(_token_service(settings, store, addresses, ring, Observers(observers)))
    app.register_blueprint(
        probes(
            {
                "database": lambda: schema.revision(store.engine),
                "migrations": lambda: schema.require_current(store.engine),
                "keys": ring.current,
            }
        )
    )
    app.after_request(_close_when_due)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)
    return app


def _operations(
    settings: Settings, store: Store, addresses: Addresses, ring: KeyRing
) -> Operations:
    transactions = StoreTransactions(store.engine, store.keys)
    clock = SystemClock()
    payloads = Payloads(
        addresses,
        verification_key=lambda: ring.current().stored.public_key,
        with_service_instance_id=settings.payload_service_instance_id,
    )
    zones = ZoneDirectory([ZoneRule(**rule.model_dump()) for rule in settings.zones])
    redirects = RedirectPolicy(settings.shared_domains, settings.localhost_redirects)
    declare = Declare(zones, redirects, clock)
    return Operations(
        provision=Provision(
            transactions,
            clock,
            zones,
            declare,
            settings.default_types,
            settings.max_instances_per_zone,
        ),
        update=Update(
            transactions,
            clock,
            declare,
            timedelta(days=settings.instance_secret_relist_days),
            UsageGuard(timedelta(days=settings.removal_guard_days)),
        ),
        deprovision=Deprovision(transactions, clock, declare),
        bind=Bind(
            transactions,
            clock,
            payloads,
            settings.mints_instance_secrets,
            settings.max_bindings_per_instance,
        ),
        unbind=Unbind(transactions, clock),
        fetch=Fetch(transactions, clock),
    )


def _platforms(settings: Settings) -> PlatformAuthenticator:
    default = Platform(DEFAULT_PLATFORM, settings.broker_user, settings.broker_passwords)
    return PlatformAuthenticator(
        [
            default,
            *(
                Platform(
                    platform.name,
                    platform.user,
                    given_secrets(platform.password, platform.password_previous),
                    platform.reads_credentials,
                )
                for platform in settings.platforms
            ),
        ]
    )


def _usage_recorder(settings: Settings, store: Store) -> UsageRecorder:
    return UsageRecorder(
        lambda counts: write_usage(store.engine, counts),
        SystemClock(),
        settings.usage_flush_interval,
    )


def _add_metrics(app: Flask, token: str, settings: Settings, store: Store) -> TokenObserver:
    # Looks for its directory when it is imported, and costs a start without metrics nothing.
    from broker.metrics import Metrics  # noqa: PLC0415

    metrics = Metrics()
    metrics.watch_requests(app)
    metrics.watch_pool(store.engine, settings.threads)
    app.register_blueprint(metrics.endpoint(token, lambda: take_census(store.engine)))
    return metrics


def _token_service(
    settings: Settings, store: Store, addresses: Addresses, ring: KeyRing, observer: TokenObserver
) -> Blueprint:
    grants: list[Grant] = [
        ClientCredentials(
            ring,
            Authorities(StoredGrants(store.engine)),
            addresses,
            SystemClock(),
            settings.token_validity,
            settings.token_backdate,
        )
    ]
    blueprint = Blueprint("oauth", __name__)
    register_error_handlers(blueprint, observer)
    authenticator = SecretAuthenticator(StoredCredentials(store.engine), store.keys)
    add_token_endpoint(blueprint, authenticator, grants, observer)
    add_key_endpoints(blueprint, ring)
    add_discovery(blueprint, addresses, grants)
    return blueprint


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
