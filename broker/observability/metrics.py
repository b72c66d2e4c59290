"""``/metrics`` for Prometheus: all workers of both listeners together (D-26).

Importing this needs PROMETHEUS_MULTIPROC_DIR to be set already where several processes count.
"""

from __future__ import annotations

import hmac
import os
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import event

from broker import __version__
from broker.logs.requests import seconds_so_far
from broker.observability.served_files import ServedFilesCollector
from broker.runtime.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy import Engine

    from broker.authentication.client import AuthenticatedClient
    from broker.errors import AuthenticationFailed
    from broker.store.reports.census import Census

_CENSUS_SECONDS = 5.0
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 50)

_log = structlog.get_logger(__name__)


class Metrics:
    """The metrics of one process; PROMETHEUS_MULTIPROC_DIR collects those of all processes."""

    def __init__(self) -> None:
        """Define the metrics; their labels have few values, none of which a client chooses."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "xsuaa_http_requests",
            "HTTP requests.",
            ("endpoint", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "xsuaa_http_request_duration_seconds",
            "Duration of an HTTP request.",
            ("endpoint",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._issued = Counter(
            "xsuaa_tokens_issued",
            "Tokens issued, by grant type and credential type.",
            ("grant_type", "credential_type"),
            registry=self.registry,
        )
        self._refusals = Counter(
            "xsuaa_token_refusals",
            "Token requests refused, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self._events = Counter(
            "xsuaa_network_events",
            "Requests and connections refused before they reached an endpoint, and invalid"
            " forwarded addresses.",
            ("event",),
            registry=self.registry,
        )
        self._connections = Gauge(
            "xsuaa_database_connections_in_use",
            "Database connections in use.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._max_connections = Gauge(
            "xsuaa_database_connections_limit",
            "Upper limit of database connections in use.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )

    def accepted(self, client: AuthenticatedClient) -> None:
        """Count nothing yet: a token or a refusal follows."""

    def refused(self, error: AuthenticationFailed) -> None:
        """Count by the reason in the log, which the response does not tell."""
        self._refusals.labels(error.reason).inc()

    def rejected(self, code: str) -> None:
        """Count by the error code."""
        self._refusals.labels(code).inc()

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        """Count the token."""
        self._issued.labels(grant_type, client.credential_type).inc()

    def count_event(self, name: str) -> None:
        """Count an event of the network."""
        self._events.labels(name).inc()

    def watch_requests(self, app: Flask) -> None:
        """Count and time every request by the name of its endpoint."""

        @app.after_request
        def count(response: Response) -> Response:
            endpoint = (request.endpoint or "none").rpartition(".")[2]
            self.observe_request(endpoint, response.status_code, seconds_so_far())
            return response

    def observe_request(self, endpoint: str, status: int, seconds: float) -> None:
        """Count and time a request."""
        self._requests.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def watch_pool(self, engine: Engine, limit: int) -> None:
        """Count the connections in use, of which there are at most ``limit``."""
        self._max_connections.inc(limit)
        event.listen(engine, "checkout", lambda *_: self._connections.inc())
        event.listen(engine, "checkin", lambda *_: self._connections.dec())
        # Of the token endpoint.
        event.listen(engine, "close_detached", lambda *_: self._connections.dec())

    def endpoint(
        self, token: str, census: Callable[[], Census], key_age_limit: int | None
    ) -> Blueprint:
        """Return ``/metrics``, which requires the token as Bearer.

        ``key_age_limit``: seconds after which another signing key should long have been signing;
        None if keys are rotated on request only.
        """
        blueprint = Blueprint("metrics", __name__)
        expected = token.encode()
        database = DatabaseCollector(Bounded(census, _CENSUS_SECONDS), key_age_limit)

        @blueprint.get("/metrics")
        def metrics() -> Response:
            scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
            given = presented.strip().encode("utf-8", "surrogatepass")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given, expected):
                return Response(
                    "The metrics token is missing or wrong.\n",
                    HTTPStatus.UNAUTHORIZED,
                    {"WWW-Authenticate": 'Bearer realm="metrics"'},
                    content_type="text/plain",
                )
            counted = generate_latest(self._everywhere())
            gauges = CollectorRegistry()
            gauges.register(database)
            gauges.register(ServedFilesCollector())
            return Response(counted + generate_latest(gauges), content_type=CONTENT_TYPE_LATEST)

        return blueprint

    def _everywhere(self) -> CollectorRegistry:
        directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if directory is None:
            return self.registry
        _forget_dead_processes(Path(directory))
        everywhere = CollectorRegistry()
        MultiProcessCollector(everywhere, path=directory)  # type: ignore[no-untyped-call]
        return everywhere


class DatabaseCollector(Collector):
    """Gauges computed from the database at each scrape."""

    def __init__(self, census: Callable[[], Census], key_age_limit: int | None) -> None:
        """``census`` counts, or raises if the database is unavailable."""
        self._census = census
        self._key_age_limit = key_age_limit

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges; without the database only ``xsuaa_database_up`` 0."""
        yield _gauge("xsuaa_build_info", "Broker version.", ("version",), {(__version__,): 1})
        if self._key_age_limit is not None:
            yield _gauge(
                "xsuaa_signing_key_age_limit_seconds",
                "Age that a signing key reaches only if its rotation fails.",
                (),
                {(): self._key_age_limit},
            )
        try:
            census = self._census()
        except Exception as error:  # noqa: BLE001 - the other metrics remain available
            _log.warning("database metrics unavailable", error=type(error).__name__)
            yield _gauge("xsuaa_database_up", "Whether the database is available.", (), {(): 0})
            return
        yield _gauge("xsuaa_database_up", "Whether the database is available.", (), {(): 1})
        by_type = ("credential_type",)
        yield _gauge("xsuaa_instances", "Service instances.", ("plan",), _keyed(census.instances))
        yield _gauge(
            "xsuaa_instances_accepting",
            "Service instances that accept the credential type.",
            by_type,
            _keyed(census.accepting),
        )
        yield _gauge(
            "xsuaa_bindings", "Bindings and service keys.", by_type, _keyed(census.bindings)
        )
        yield _gauge(
            "xsuaa_credentials", "Credentials.", ("credential_type", "age"), census.credentials
        )
        yield _gauge(
            "xsuaa_certificates",
            "Certificates of bindings, by remaining validity.",
            ("left",),
            _keyed(census.certificates),
        )
        yield _gauge(
            "xsuaa_certificates_lifetime",
            "Certificates of bindings, by the share of their lifetime that is left; under a third:"
            " renew_before has passed.",
            ("left",),
            _keyed(census.certificate_shares),
        )
        yield _gauge(
            "xsuaa_data_key_age_seconds",
            "Age of the newest data key.",
            ("purpose",),
            _keyed(census.data_key_ages),
        )
        if census.signing_key_age is not None:
            age = {(): census.signing_key_age}
            yield _gauge(
                "xsuaa_signing_key_age_seconds", "Age of the current signing key.", (), age
            )


def _keyed(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}


def _gauge(
    name: str, text: str, labels: Iterable[str], values: Mapping[Any, float]
) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=list(labels))
    for key, value in values.items():
        gauge.add_metric(list(key), value)
    return gauge


def _forget_dead_processes(directory: Path) -> None:
    """Delete the gauges of workers that were killed."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if _is_gone(pid):
            mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
