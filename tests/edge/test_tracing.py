"""Traces reach a collector and hold no secret; without XSUAA_TRACING nothing is imported."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from broker.composition.app import create_app
from broker.observability.tracing import install
from broker.store.database.engine import open_engine
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import ROOT, Server, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """Receives traces as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop receiving."""
        self._server.shutdown()
        self._server.server_close()

    def spans(self) -> list[Any]:
        """Return all spans received so far."""
        return [
            span
            for body in self.received
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector of the test's own."""
    running = Collector()
    yield running
    running.close()


@pytest.fixture
def traced_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database of either kind; '' is SQLite in the server's own directory."""
    del tmp_path
    if database == "sqlite":
        return ""
    url: str = migrated_database(request.getfixturevalue("postgres"), f"traced-{a_guid()}")
    return url


def test_what_a_server_exports_holds_no_secret(
    traced_url: str, tmp_path: Path, collector: Collector
) -> None:
    """D-26: not even if all headers are captured or a client sends it in an unusual place."""
    settings = {
        "XSUAA_TRACING": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": ".*",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE": ".*",
    }
    with Server(tmp_path, database_url=traced_url, workers=1, **settings) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        instance = a_guid()
        platform.provision(instance, a_descriptor())
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        tokens = [
            token_by_every_way(url, str(server.ca_file), credentials)
            for url in (server.url, server.tls_url)
        ]
        master_keys = (tmp_path / "var/master-keys").read_text().strip()
        secrets = [*tokens, credentials["clientsecret"], server.password, master_keys]
    exported = b"".join(collector.received)
    for word in (*secrets, "hushhush", "client_secret=", "Basic ", "Bearer "):
        assert word.encode() not in exported
    names = [span.name for span in collector.spans()]
    assert {"POST /oauth/token", "SELECT", "INSERT"} <= set(names)
    assert "PUT /v2/service_instances/<instance_id>" in names
    assert not any("readyz" in name for name in names)
    # The requests belong to the client's trace, and their statements to them.
    of_client = [span for span in collector.spans() if span.trace_id.hex() == TRACE]
    requests_of_client = [span for span in of_client if span.name == "POST /oauth/token"]
    assert len(requests_of_client) == 2
    assert {span.parent_span_id.hex() for span in requests_of_client} == {PARENT}
    statements = [span for span in of_client if span not in requests_of_client]
    ids = {span.span_id for span in requests_of_client}
    assert {span.parent_span_id for span in statements} == ids


def token_by_every_way(url: str, ca_file: str, credentials: dict[str, str]) -> str:
    """Request and introspect tokens, with secrets in every place a client might use."""
    client, secret = credentials["clientid"], credentials["clientsecret"]
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    with requests.Session() as session:
        session.verify, session.trust_env = ca_file, False
        endpoint = f"{url}/oauth/token"
        trace = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        response = session.post(endpoint, data=form, headers=trace)
        token: str = response.json()["access_token"]
        session.post(endpoint, data={"grant_type": "x"}, auth=(client, secret))
        session.get(endpoint, params={"client_secret": secret})
        session.post(f"{url}/introspect", data={"token": token}, auth=(client, secret))
        session.get(f"{url}/nowhere", headers={"Authorization": f"Bearer {token}"})
        session.get(f"{url}/nowhere%3Fcode=hushhush", params={"code": "hushhush"})
        session.get(f"{url}/readyz")
    return token


def test_a_failed_statement_reveals_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    monkeypatch.chdir(tmp_path)
    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}", connections=1, lock_timeout=1)
    app = create_app()
    failing = text("INSERT INTO nowhere VALUES (:value)")

    @app.get("/failing")
    def fail() -> str:
        with pytest.raises(DBAPIError), engine.connect() as connection:
            connection.execute(failing, {"value": "never-shown"})
        return ""

    install(app, engine, provider)
    assert app.test_client().get("/failing", buffered=True).status_code == 200
    [statement] = [span for span in memory.get_finished_spans() if span.name == "INSERT"]
    assert statement.status.status_code == StatusCode.ERROR
    assert statement.status.description == "OperationalError"
    shown = "".join(span.to_json() for span in memory.get_finished_spans())
    assert "GET /failing" in shown
    assert "never-shown" not in shown
    engine.dispose()


def test_without_the_setting_nothing_is_imported(tmp_path: Path) -> None:
    listing = (
        "import sys\nfrom broker.composition.app import create_app\ncreate_app()\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", listing],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "XSUAA_MODE": "dev"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "[]"


def test_without_its_packages_the_setting_is_refused(tmp_path: Path) -> None:
    """A stub on the path hides the installed packages."""
    hiding = tmp_path / "hiding/opentelemetry"
    hiding.mkdir(parents=True)
    (hiding / "__init__.py").touch()
    refused = subprocess.run(
        [sys.executable, "-m", "broker", "serve"],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{hiding.parent}{os.pathsep}{ROOT}",
            "XSUAA_MODE": "dev",
            "XSUAA_TRACING": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "XSUAA_TRACING: requires packages that are not installed" in refused.stderr
    assert "Traceback" not in refused.stderr
