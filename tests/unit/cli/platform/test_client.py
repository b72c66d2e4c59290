"""What commands report of a server that does not do what they request."""

from __future__ import annotations

import base64
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from broker.cli.platform.client import OsbClient, RequestRefused
from broker.errors import ConfigurationError
from broker.settings.model import Settings
from tests.support.server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


def settings(**changes: Any) -> Settings:
    return Settings(mode="dev", **changes)


class Responder:
    """A server with one response for every request."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"{}"
        self.seen: list[tuple[str, str, str | None]] = []
        responder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sent = self.headers["Authorization"]
                responder.seen.append((self.command, self.path, sent))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(responder.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(responder.body)))
                self.end_headers()
                self.wfile.write(responder.body)

            do_PUT = do_DELETE = do_GET  # noqa: N815 - named by the library

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.client = OsbClient(f"http://127.0.0.1:{self.server.server_port}", "Basic x")


@pytest.fixture(scope="module")
def running() -> Iterator[Responder]:
    """The server in a thread."""
    responder = Responder()
    thread = Thread(target=responder.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield responder
    responder.server.shutdown()
    responder.server.server_close()
    thread.join()


def test_names_are_encoded_in_paths(running: Responder) -> None:
    running.status, running.body = 200, b"{}"
    running.client.delete(("service_instances", "a/../b?c"), {"service_id": "s&"})
    assert running.seen[-1] == (
        "DELETE",
        "/v2/service_instances/a%2F..%2Fb%3Fc?service_id=s%26",
        "Basic x",
    )


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (401, b"{}", ConfigurationError, "refuses the broker's user and password"),
        (200, b"<html>", ConfigurationError, "is no service broker"),
        (302, b"{}", RequestRefused, "Status 302"),
        (409, b'{"description": "It exists."}', RequestRefused, r"It exists\."),
        (500, b'{"description": 7}', RequestRefused, "Status 500"),
    ],
)
def test_other_responses_are_errors(
    running: Responder, status: int, body: bytes, error: type[Exception], text: str
) -> None:
    running.status, running.body = status, body
    requests = len(running.seen)
    with pytest.raises(error, match=text):
        running.client.get(("catalog",))
    assert len(running.seen) == requests + 1


def test_a_server_that_does_not_run_is_named_with_the_remedy() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ConfigurationError, match=f"{url} .no connection.. Start it with make run"):
        OsbClient(url, "Basic x").put(("x",), {})


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://[::1]:1"), ("::2", "http://[::2]:1")],  # noqa: S104 - not bound
)
def test_address_and_credentials_are_those_of_the_settings(host: str, url: str) -> None:
    client = OsbClient.of(settings(host=host, PORT=1, broker_user="u", broker_password="wörd"))
    assert client.url == url
    assert base64.b64decode(client.authorization.removeprefix("Basic ")).decode() == "u:wörd"


@pytest.mark.parametrize("changes", [{"only": "tokens"}, {"broker_password": ""}])
def test_an_installation_without_a_broker_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        OsbClient.of(settings(**{"broker_password": "p", **changes}))
