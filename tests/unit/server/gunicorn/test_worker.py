"""Differences from gunicorn's worker: errors as JSON, and connections closed on request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

import pytest
from gunicorn.http.errors import InvalidRequestLine, LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

from broker.server.gunicorn.worker import HardenedWorker


@dataclass
class Client:
    """A client that may be disconnected."""

    is_gone: bool = False
    received: bytes = b""

    def sendall(self, data: bytes) -> None:
        if self.is_gone:
            raise BrokenPipeError
        self.received += data


@dataclass
class Started:
    """The ``start_response`` of a server; records ``Connection: close``."""

    closed: bool = False
    headers: list[Any] = field(default_factory=list)

    def force_close(self) -> None:
        self.closed = True

    def start_response(self, status: str, headers: list[Any], exc_info: Any = None) -> None:
        self.headers = headers


@pytest.fixture
def worker() -> Any:
    """A worker that is not started."""
    made: Any = object.__new__(HardenedWorker)

    made.log = Mock()
    return made


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidRequestLine("x"), 400, "invalid_request"),
        (LimitRequestLine(1, 1), 414, "invalid_request"),
        (LimitRequestHeaders("x"), 431, "invalid_request"),
        (KeyError(), 500, "server_error"),
    ],
)
def test_an_invalid_request_gets_a_json_response(
    worker: Any, error: Exception, status: int, code: str
) -> None:
    client = Client()
    worker.handle_error(None, client, ("192.0.2.1", 1), error)
    head, _, body = client.received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} ")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert headers["Content-Type"] == "application/json"
    assert headers["Connection"] == "close"
    assert headers["Cache-Control"] == "no-store"
    assert int(headers["Content-Length"]) == len(body)
    assert json.loads(body)["error"] == code
    assert {"error_description", "description"} < set(json.loads(body))


def test_a_client_that_has_gone_away_is_no_error(worker: Any) -> None:
    worker.handle_error(None, Client(is_gone=True), ("192.0.2.1", 1), InvalidRequestLine("x"))


@pytest.mark.parametrize(
    ("header", "is_closed"),
    [
        (("Connection", "close"), True),
        (("Connection", "keep-alive"), False),
        (("X", "close"), False),
    ],
)
def test_connection_close_of_the_application_closes_the_connection(
    worker: Any, monkeypatch: pytest.MonkeyPatch, header: tuple[str, str], *, is_closed: bool
) -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [header])
        return [b"body"]

    def load(this: Any) -> None:
        this.wsgi = application

    monkeypatch.setattr(ThreadWorker, "load_wsgi", load)
    worker.load_wsgi()
    started = Started()
    assert list(worker.wsgi({}, started.start_response)) == [b"body"]
    assert (started.closed, started.headers) == (is_closed, [header])
