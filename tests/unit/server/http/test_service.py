"""Requests reach the application, in a pool of threads or through the token batch."""

from __future__ import annotations

import io
from queue import SimpleQueue
from typing import Any

import flask
import pytest
from flask import Flask
from structlog.testing import capture_logs

from broker.composition.app import IS_PLATFORM, TOKEN_FAST_PATH
from broker.server.http.environ import connection_environ
from broker.server.http.parsing import HttpRequest
from broker.server.http.service import Service

Response = tuple[int, list[tuple[str, str]], bytes]


class Batch:
    """A queue that needs a thread while it has requests."""

    def __init__(self) -> None:
        self.queued: list[Any] = []

    @property
    def needs_thread(self) -> bool:
        return bool(self.queued)

    def serve_waiting(self) -> None:
        while self.queued:
            self.queued.pop()(200, [], b"token")


class FastPath:
    """Takes all requests to ``/token``."""

    def __init__(self) -> None:
        self.batch = Batch()

    def try_enqueue(self, environ: dict[str, Any], respond: Any) -> bool:
        is_token: bool = environ["PATH_INFO"] == "/token"
        if is_token:
            self.batch.queued.append(respond)
        return is_token


@pytest.fixture
def application() -> Flask:
    app = Flask(__name__)

    @app.post("/echo")
    def echo() -> tuple[bytes, int]:
        return flask.request.get_data(), 201

    return app


def environ(path: str) -> dict[str, Any]:
    common = connection_environ(None, ("192.0.2.1", 1), ("192.0.2.2", 2), "http")
    body = {"wsgi.input": io.BytesIO(b"abc"), "CONTENT_LENGTH": "3"}
    return {**common, "REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": "", **body}


def response_of(service: Service, path: str) -> Response:
    responses = SimpleQueue[Response]()
    service.serve(environ(path), lambda *response: responses.put(response))
    service.flush()
    return responses.get(timeout=60)


def test_the_pool_calls_the_application(application: Flask) -> None:
    status, headers, body = response_of(Service(application, 1), "/echo")
    assert (status, body) == (201, b"abc")
    assert ("Content-Length", "3") in headers


@pytest.mark.parametrize(
    ("target", "authorization", "refused"),
    [
        (b"/v2/catalog", b"right", False),
        (b"/v2/catalog", b"wrong", True),
        (b"/v2/catalog", None, True),
        (b"/oauth/token", None, False),
    ],
)
def test_a_broker_call_without_its_password_needs_no_body(
    application: Flask, target: bytes, authorization: bytes | None, *, refused: bool
) -> None:
    """OSB-AUTH-05."""
    application.extensions[IS_PLATFORM] = lambda presented: presented == "right"
    headers = [(b"authorization", authorization)] if authorization else []
    request = HttpRequest("PUT", target, headers=headers)
    assert Service(application, 1).refuses_body(request) is refused


@pytest.mark.parametrize(
    "target", [b"/Users", b"/Groups/x?y", b"/sap/rest/user", b"/credentials/v1"]
)
@pytest.mark.parametrize(
    ("authorization", "length", "refused"),
    [
        (b"Bearer x", b"1048576", False),
        (b"bEARER x", b"1048577", True),
        (b"Basic x", b"1", True),
        (None, b"1", True),
        (b"Bearer x", None, False),
    ],
)
def test_an_administration_api_needs_no_body_without_token_or_above_its_limit(
    application: Flask,
    target: bytes,
    authorization: bytes | None,
    length: bytes | None,
    *,
    refused: bool,
) -> None:
    """Whatever body other requests may have."""
    given = {b"Authorization": authorization, b"content-length": length}
    headers = [(name, value) for name, value in given.items() if value is not None]
    service = Service(application, 1)
    assert service.refuses_body(HttpRequest("POST", target, headers=headers)) is refused
    assert not service.refuses_body(HttpRequest("POST", b"/UsersX", headers=headers))


def test_the_fast_path_is_asked_first(application: Flask) -> None:
    application.extensions[TOKEN_FAST_PATH] = FastPath()
    service = Service(application, 1)
    for _ in range(3):
        assert response_of(service, "/token") == (200, [], b"token")
        assert response_of(service, "/echo")[0] == 201


def test_an_error_of_the_application_closes_the_connection(
    application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(application, "wsgi_app", failing)
    with capture_logs() as entries:
        status, headers, _ = response_of(Service(application, 1), "/echo")
    assert status == 500
    assert ("Connection", "close") in headers
    assert [entry["event"] for entry in entries] == ["unexpected error"]
