"""gunicorn's threaded worker, with fixes for slow clients and error responses.

The original worker blocks a thread during a TLS handshake, closes connections in its main loop,
counts a failed handshake twice, drops ``Connection: close`` and responds to malformed requests with
HTML.
"""

from __future__ import annotations

import json
import ssl
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gunicorn import http, util
from gunicorn.sock import ssl_context
from gunicorn.workers.gthread import _DEFER, ThreadWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HANDSHAKE_SECONDS = 10.0
_LINGER_SECONDS = 0.5
_LAST_HANDSHAKE_SECONDS = 2.0


class HardenedWorker(ThreadWorker):  # type: ignore[misc]  # untyped library
    """Serves plain HTTP or TLS; no client waits for another's handshake or connection close."""

    def load_wsgi(self) -> None:
        """Load the application; respect its ``Connection: close``."""
        super().load_wsgi()
        application: Callable[..., Iterable[bytes]] = self.wsgi
        self.wsgi: Callable[..., Any] = _respecting_connection_close(application)

    def handle(self, conn: Any) -> Any:
        """Continue with a connection in a worker thread; close it here, not in the main loop."""
        result = self._handshake(conn) if self.cfg.is_ssl and not conn.initialized else True
        if result is True:
            result = super().handle(conn)
        if result is False:
            conn.ended = True
            with suppress(OSError):
                conn.sock.settimeout(_LINGER_SECONDS)
            util.close_graceful(conn.sock, timeout=_LINGER_SECONDS)
        return result

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Count a closed connection once; resume handshakes that were open at the shutdown."""
        if getattr(conn, "ended", False):
            self.nr_conns -= 1
        elif (
            not self.alive
            and not fs.cancelled()
            and fs.exception() is None
            and fs.result() is _DEFER
        ):
            self.enqueue_req(conn)
        else:
            super().finish_request(conn, fs)

    def _cap_keepalive(self, deadline: float) -> None:
        """Close connections without a first request as early as idle kept-alive connections."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Respond to a malformed request with a JSON object."""
        recorded = _ResponseRecorder()
        super().handle_error(req, recorded, addr, exc)
        with suppress(OSError):
            client.sendall(recorded.as_json())

    def _handshake(self, conn: Any) -> Any:
        """Continue the handshake.

        Return True if a request can be read, _DEFER to wait for the client, False to close.
        """
        try:
            if not isinstance(conn.sock, ssl.SSLSocket):
                conn.give_up = time.monotonic() + _HANDSHAKE_SECONDS
                conn.sock.settimeout(0.0)
                conn.sock = ssl_context(self.cfg).wrap_socket(
                    conn.sock, server_side=True, do_handshake_on_connect=False
                )
            # A stopping worker has no main loop left that could wait for the client.
            conn.sock.settimeout(0.0 if self.alive else _LAST_HANDSHAKE_SECONDS)
            conn.sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return _DEFER if time.monotonic() < conn.give_up else False
        except OSError as error:  # includes ssl.SSLError
            self.log.debug("Handshake failed: %s", error)
            return False
        conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.initialized = True
        # The request usually follows at once, but may never come.
        arrived = conn.data_ready = bool(conn.sock.pending()) or not self.alive
        return True if arrived else _DEFER


class _ResponseRecorder:
    """Replaces the client's socket while gunicorn writes its HTML response."""

    def __init__(self) -> None:
        self._response = b""

    def gettimeout(self) -> float:
        """Return the timeout of a non-blocking socket."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Record the data."""
        self._response += data

    def as_json(self) -> bytes:
        """Return a JSON response of the same status, with the members of OAuth and OSB errors."""
        _, _, rest = self._response.partition(b" ")
        status = HTTPStatus(int(rest[:3] or b"500"))
        members = {"error": "invalid_request", "error_description": status.phrase}
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            members["error"] = "server_error"
        body = json.dumps({**members, "description": status.phrase}).encode()
        head = (
            f"HTTP/1.1 {int(status)} {status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n"
        )
        return head.encode() + body


def _respecting_connection_close(application: Callable[..., Iterable[bytes]]) -> Callable[..., Any]:
    """Return the application; its ``Connection: close`` closes the connection."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if ("Connection", "close") in headers:
                start_response.__self__.force_close()
            return start_response(status, headers, exc_info)

        return application(environ, start)

    return call
