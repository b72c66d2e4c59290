"""OpenTelemetry traces, with the extra ``otel`` and XSUAA_TRACING (D-26).

The standard OTEL_* variables configure exporter and sampler. A span never holds a secret: the
middleware sees neither query, headers nor body, and statements come without their parameters.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import request
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from sqlalchemy import event

from broker import __version__
from broker.logs.masking import path_for_log
from broker.logs.requests import QUIET_PATHS
from broker.runtime.draining import wait_for_draining
from broker.store.database.held_statement import WATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flask import Flask, Response
    from sqlalchemy import Engine

    WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]

_VISIBLE = (
    *("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "SERVER_NAME", "SERVER_PORT"),
    *("SERVER_PROTOCOL", "REMOTE_ADDR", "wsgi.url_scheme"),
    # W3C trace context of the client.
    *("HTTP_TRACEPARENT", "HTTP_TRACESTATE"),
)
_WHOLE = "xsuaa.environ"
_SPAN = "xsuaa_span"
_IDLE_SECONDS = 3600.0
_FLUSH_SECONDS = 0.2


def trace_requests(app: Flask, engine: Engine) -> None:
    """Create a span of each request except probes and scrapes, and of each statement within one."""
    resource = Resource({"service.name": "xsuaa-broker", "service.version": __version__})
    provider = TracerProvider(resource=resource.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    install(app, engine, provider)
    threading.Thread(target=_flush_while_draining, args=(provider,), daemon=True).start()


def install(app: Flask, engine: Engine, provider: TracerProvider) -> None:
    """Instrument the application and the engine with the spans of ``provider``."""
    _trace_statements(engine, provider.get_tracer(__name__, __version__))
    application: WsgiApplication = app.wsgi_app
    traced: WsgiApplication = OpenTelemetryMiddleware(
        lambda visible, start_response: application(visible[_WHOLE], start_response),
        tracer_provider=provider,
    )

    def with_visible_part(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in QUIET_PATHS:
            return application(environ, start_response)
        visible = {name: environ[name] for name in _VISIBLE if name in environ}
        visible["PATH_INFO"] = path_for_log(environ.get("PATH_INFO", ""))
        return traced({**visible, _WHOLE: environ}, start_response)

    app.wsgi_app = with_visible_part  # type: ignore[method-assign]  # as Flask's manual says

    @app.after_request
    def name_by_route(response: Response) -> Response:
        if request.url_rule is not None:
            span = trace.get_current_span()
            span.update_name(f"{request.method} {request.url_rule.rule}")
            span.set_attribute("http.route", request.url_rule.rule)
        return response


def _trace_statements(engine: Engine, tracer: trace.Tracer) -> None:
    # opentelemetry-instrumentation-sqlalchemy supports versions below 2.1 only, and records the
    # messages of drivers, which may quote a row.
    def span_of(statement: str) -> trace.Span:
        attributes = {"db.system": engine.dialect.name, "db.statement": statement}
        name = statement.split(maxsplit=1)[0]
        return tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=attributes)

    @contextmanager
    def watched(statement: str) -> Iterator[None]:
        info = {_SPAN: span_of(statement)}
        try:
            yield
        except Exception as error:
            _end(info, type(error).__name__)
            raise
        _end(info)

    engine.update_execution_options(**{WATCH: watched})

    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if trace.get_current_span().is_recording():
            connection.info[_SPAN] = span_of(statement)

    @event.listens_for(engine, "after_cursor_execute")
    def end(connection: Any, *_more: Any) -> None:
        _end(connection.info)

    @event.listens_for(engine, "handle_error")
    def fail(context: Any) -> None:
        if context.connection is not None:
            _end(context.connection.info, type(context.original_exception).__name__)


def _end(info: dict[str, Any], error: str | None = None) -> None:
    span: trace.Span | None = info.pop(_SPAN, None)
    if span is not None:
        if error is not None:
            span.set_status(trace.StatusCode.ERROR, error)
        span.end()


def _flush_while_draining(provider: TracerProvider) -> None:
    while not wait_for_draining(_IDLE_SECONDS):
        pass
    # Any request may be the last one.
    while True:
        provider.force_flush()
        time.sleep(_FLUSH_SECONDS)
