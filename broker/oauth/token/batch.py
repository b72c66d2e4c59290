"""The batch of token requests: one thread serves all that have arrived, whichever brought them.

Most of a token's time are one signature and many little steps around it. Each takes longer right
after a signature, and threads that take turns wait for each other: steps of the same kind one after
the other, in one thread, take less (decisions 0026 and 0032). Only a grant that never waits may be
served here (D-50).
"""

from __future__ import annotations

import math
import time
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from broker.authentication.secret import NOTHING
from broker.errors import BrokerError, StoreUnavailable
from broker.logs.requests import begin_request, end_request
from broker.logs.structured import lines_together
from broker.oauth.errors import response_to, server_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.authentication.secret import LookedUp
    from broker.oauth.clients.authentication import Attempt
    from broker.oauth.response import OAuthResponse
    from broker.oauth.token.endpoint import Granted, Signed, TokenEndpoint

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.0002
"""After several were served together: their responses leave, and the next requests arrive."""

Before = TypeVar("Before")
After = TypeVar("After")


class TokenRequest:
    """A client-credentials request with a proper form, from its arrival to its response."""

    __slots__ = (
        *("environ", "form", "started", "correlation_id", "context"),
        *("respond", "response", "closes_connection"),
    )

    def __init__(self, environ: Mapping[str, Any], form: Mapping[str, str]) -> None:
        """``environ`` is WSGI's."""
        self.environ = environ
        self.form = form
        self.started = time.perf_counter()
        # Its own, so that the thread's next lines do not name it.
        self.context = copy_context()
        self.correlation_id = self.context.run(begin_request, environ)
        self.respond: Callable[[TokenRequest], object]
        self.response: OAuthResponse | None = None
        # Whether its connection should serve no further request.
        self.closes_connection = False

    @property
    def final_response(self) -> OAuthResponse:
        """The response, also if everything has failed that should have made one."""
        return self.response or server_error()


Pending = list[tuple[TokenRequest, Before]]
"""Requests that have no response yet, each with the value of the phase that it has reached."""


class TokenBatch:
    """Serves token requests in the order in which they arrived."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        observe: Callable[[str, int, float], None],
        max_size: int,
        should_close_connection: Callable[[int], bool],
    ) -> None:
        """``observe`` is told each request's endpoint, its status, and the seconds it took.

        ``max_size`` is how many requests are served together at most: all of them wait until the
        last one is signed. Only one alone asks the database in its own context, as tracing needs
        it. ``should_close_connection`` is told how many requests are here, and returns whether the
        connection of one of them should be closed.
        """
        self._endpoint = endpoint
        self._observe = observe
        self._max_size = max_size
        self._should_close_connection = should_close_connection
        self._serving = Lock()
        self._is_busy = False
        self._waiting: deque[TokenRequest] = deque()

    def submit(self, request: TokenRequest, respond: Callable[[TokenRequest], object]) -> None:
        """Have the request served, by this thread or by the one that is serving.

        ``respond`` is called with it once, by either of them, and must not fail. A thread that
        finds no other serving does so until no request waits.
        """
        request.respond = respond
        self._waiting.append(request)
        while self._waiting and self._serving.acquire(blocking=False):
            self._serve_next()

    def wait_for_response(self, request: TokenRequest) -> OAuthResponse:
        """Return the response to the request, for servers whose threads have to wait for it."""
        turn = SimpleQueue[None]()
        request.respond = lambda _: turn.put(None)
        self._waiting.append(request)
        while request.response is None:
            if self._serving.acquire(blocking=False):
                self._serve_next()
            else:
                # For its response, or until no thread is serving any more.
                turn.get()
        if not self._serving.locked():
            with suppress(IndexError):
                following = self._waiting[0]
                following.respond(following)
        return request.response

    def _serve_next(self) -> None:
        """Serve the requests that wait, and release the batch lock."""
        if self._is_busy:
            time.sleep(_PAUSE_SECONDS)
        requests = self._take(self._max_size)
        self._is_busy = len(requests) > 1
        try:
            if requests:
                present = len(requests) + len(self._waiting)
                requests[0].closes_connection = self._should_close_connection(present)
                with lines_together():
                    self._serve(requests)
        except Exception as error:  # noqa: BLE001 - requests without a response get server_error
            _log.error("unexpected error", exc_info=error)
        finally:
            for request in requests:
                request.response = request.final_response
                request.respond(request)
            self._serving.release()

    def _take(self, limit: float) -> list[TokenRequest]:
        taken: list[TokenRequest] = []
        with suppress(IndexError):
            while len(taken) < limit:
                taken.append(self._waiting.popleft())
        return taken

    def _serve(self, requests: list[TokenRequest]) -> None:
        read = self._each(self._read, [(request, request.form) for request in requests])
        granted = self._grant_all(requests, read, self._look_up(requests, read))
        signed = self._each(_sign, granted)
        for request, response in self._each(self._respond, signed):
            request.response = response
        for request in requests:
            request.context.run(self._end, request)

    def _each(
        self, step: Callable[[TokenRequest, Before], After], pending: Pending[Before]
    ) -> Pending[After]:
        """Take the step of each request; those that fail have their response and are left out."""
        done: Pending[After] = []
        for request, value in pending:
            try:
                done.append((request, request.context.run(step, request, value)))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this request's
                self._fail(request, error)
        return done

    def _look_up(self, requests: list[TokenRequest], read: Pending[Attempt]) -> LookedUp:
        """Look up all credentials in one go; if that fails, so do all of the requests."""
        attempts = [attempt for _, attempt in read]
        look_up = self._endpoint.authentication.look_up
        try:
            if len(requests) == 1:
                return requests[0].context.run(look_up, attempts)
            return look_up(attempts)
        except Exception as error:  # noqa: BLE001 - each request's own response says so
            self._fail_all(requests, read, error)
            read.clear()
            return NOTHING

    def _grant_all(
        self, requests: list[TokenRequest], read: Pending[Attempt], looked_up: LookedUp
    ) -> Pending[Granted]:
        granted: Pending[Granted] = []
        for position, (request, attempt) in enumerate(read):
            try:
                # A certificate is looked up here, and what may have changed since it was last read.
                token = request.context.run(self._grant, request, attempt, looked_up)
            except StoreUnavailable as error:
                self._fail_all(requests, read[position:], error)
                break
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this request's
                self._fail(request, error)
            else:
                granted.append((request, token))
        return granted

    def _fail_all(
        self, requests: list[TokenRequest], pending: Pending[Attempt], error: Exception
    ) -> None:
        """Fail these, and if it is the database that fails, also the requests that wait.

        They would wait for it after each other.
        """
        failed = [request for request, _ in pending]
        if isinstance(error, StoreUnavailable):
            waiting = self._take(math.inf)
            requests += waiting
            failed += waiting
        for request in failed:
            self._fail(request, error)

    def _fail(self, request: TokenRequest, error: Exception) -> None:
        """Respond with the error; a client learns no more of it than the protocol says."""
        if isinstance(error, BrokerError):
            request.response = request.context.run(response_to, error, self._endpoint.observer)
        else:
            request.context.run(_log.error, "unexpected error", exc_info=error)
            request.response = server_error()

    def _read(self, request: TokenRequest, form: Mapping[str, str]) -> Attempt:
        return self._endpoint.authentication.read(request.environ, form)

    def _grant(self, request: TokenRequest, attempt: Attempt, looked_up: LookedUp) -> Granted:
        client = self._endpoint.authentication.client_of(attempt, looked_up)
        return self._endpoint.grant(client, request.form)

    def _respond(self, _: TokenRequest, signed: Signed) -> OAuthResponse:
        return self._endpoint.respond(signed)

    def _end(self, request: TokenRequest) -> None:
        status = request.final_response.status
        seconds = time.perf_counter() - request.started
        end_request(request.environ, status, seconds)
        self._observe("token", status, seconds)


def _sign(_: TokenRequest, granted: Granted) -> Signed:
    return granted.signed()
