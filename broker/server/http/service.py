"""Serves complete requests: token requests in one thread, all others in a pool of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import structlog

from broker.api.edge import PREFIXES, needs_no_body
from broker.composition.app import IS_PLATFORM, TOKEN_FAST_PATH
from broker.osb.blueprint import PREFIX as OSB_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from broker.oauth.token.fast_path import TokenFastPath
    from broker.server.http.parsing import HttpRequest

    Respond = Callable[[int, list[tuple[str, str]], bytes], object]

_log = structlog.get_logger(__name__)

_OSB = OSB_PREFIX.encode()
_APIS = tuple(prefix.rstrip("/").encode() for prefix in PREFIXES)


class Service:
    """Passes requests to the application; never blocks its caller."""

    def __init__(self, application: Flask, threads: int) -> None:
        """``threads`` serve the requests that do not take the token fast path."""
        self._application = application.wsgi_app
        self._fast_path: TokenFastPath | None = application.extensions.get(TOKEN_FAST_PATH)
        self._is_platform = application.extensions.get(IS_PLATFORM, lambda _: False)
        self._pool = ThreadPoolExecutor(threads, "request")
        # Implemented in C; threading.Semaphore takes several times as long.
        self._arrived = SimpleQueue[None]()
        if self._fast_path is not None:
            Thread(target=self._serve_tokens, name="token-batch", daemon=True).start()

    def serve(self, environ: dict[str, Any], respond: Respond) -> None:
        """Start serving a request; ``respond`` is called once, by another thread."""
        fast_path = self._fast_path
        if fast_path is None or not fast_path.try_enqueue(environ, respond):
            self._pool.submit(self._call, environ, respond)

    def refuses_body(self, request: HttpRequest) -> bool:
        """Return whether the application refuses a request for its headers."""
        if request.target.startswith(_OSB):
            return not self._is_platform(_facts_of(request)[0])
        if not request.target.startswith(_APIS):
            return False
        return needs_no_body(request.target.decode("latin-1"), *_facts_of(request))

    def flush(self) -> None:
        """Serve the token requests that have arrived, unless a thread is serving."""
        if self._fast_path is not None and self._fast_path.batch.needs_thread:
            self._arrived.put(None)

    def _serve_tokens(self) -> None:
        if self._fast_path is not None:
            while True:
                self._arrived.get()
                self._fast_path.batch.serve_waiting()

    def _call(self, environ: dict[str, Any], respond: Respond) -> None:
        try:
            response = _Response()
            chunks = self._application(environ, response.start)
            try:
                body = b"".join(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
            respond(response.status, response.headers, body)
        except Exception as error:  # noqa: BLE001 - the application has logged all expected ones
            _log.error("unexpected error", exc_info=error)
            respond(HTTPStatus.INTERNAL_SERVER_ERROR, [("Connection", "close")], b"")


def _facts_of(request: HttpRequest) -> tuple[str, int]:
    """Return the values of ``Authorization``, joined, and the announced length of the body."""
    presented, length = [], 0
    for name, value in request.headers:
        lower = name.lower()
        if lower == b"authorization":
            presented.append(value)
        elif lower == b"content-length":
            length = int(value)
    return b",".join(presented).decode("latin-1"), length


class _Response:
    """Receives status and headers from the application."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []

    def start(
        self, status: str, headers: list[tuple[str, str]], _: Any = None
    ) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return _refuse_to_write


def _refuse_to_write(_: bytes) -> None:
    # PEP 3333 keeps ``write`` for old applications; Flask returns its body.
    raise TypeError("the application returns its body")
