"""The token batch: one thread serves all requests for and about tokens that have arrived.

A token costs one signature and many small steps. Each step is slower right after a signature, and
alternating threads wait for each other, so one thread runs the same step for all requests before
the next step (decisions 0026 and 0032). Only a grant that never blocks may be served here (D-50).
"""

from __future__ import annotations

import math
import time
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from enum import StrEnum
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import structlog

from broker.authentication.secret import NO_RESULTS
from broker.errors import BrokerError, StoreUnavailable
from broker.logs.requests import begin_request, end_request
from broker.logs.structured import lines_together
from broker.oauth.errors import response_to, server_error
from broker.oauth.response import OAuthResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.authentication.secret import LookedUp
    from broker.oauth.clients.authentication import Attempt
    from broker.oauth.introspection import IntrospectionEndpoint
    from broker.oauth.token.endpoint import Granted, Signed, TokenEndpoint

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.0002
"""After a batch of several requests: responses are sent and the next requests arrive."""

Before = TypeVar("Before")
After = TypeVar("After")


class Kind(StrEnum):
    """What a request of the batch asks for; the values are the endpoints' names in metrics."""

    TOKEN = "token"  # noqa: S105 - a name
    INTROSPECTION = "introspect"


class TokenRequest:
    """A request with a valid form, from arrival to response."""

    __slots__ = (
        *("kind", "environ", "form", "started", "correlation_id", "context"),
        *("respond", "response", "closes_connection"),
    )

    def __init__(self, kind: Kind, environ: Mapping[str, Any], form: Mapping[str, str]) -> None:
        """``environ`` is the WSGI environment."""
        self.kind = kind
        self.environ = environ
        self.form = form
        self.started = time.perf_counter()
        # Its own context, so that later log entries of the thread do not name this request.
        self.context = copy_context()
        self.correlation_id = self.context.run(begin_request, environ)
        self.respond: Callable[[TokenRequest], object]
        self.response: OAuthResponse | None = None
        # Whether to close the connection after the response.
        self.closes_connection = False

    @property
    def final_response(self) -> OAuthResponse:
        """The response; ``server_error`` if no step has produced one."""
        return self.response or server_error()


Pending = list[tuple[TokenRequest, Before]]
"""Requests without a response, each with the value of its latest phase."""


class Endpoints(NamedTuple):
    """What decides the requests of a batch."""

    tokens: TokenEndpoint
    introspection: IntrospectionEndpoint


class TokenBatch:
    """Serves token requests in the order in which they arrived."""

    def __init__(
        self,
        endpoints: Endpoints,
        observe: Callable[[str, int, float], None],
        max_size: int,
        should_close_connection: Callable[[int], bool],
        record: Callable[[], object] = lambda: None,
    ) -> None:
        """``observe`` receives the endpoint, the status and the duration in seconds.

        ``max_size`` limits a batch: all its requests wait until the last one is signed. Only a
        batch of one queries the database in the request's context, as tracing requires.
        ``should_close_connection`` receives the number of requests in progress, and returns whether
        to close the connection of one of them. ``record`` is called before each batch.
        """
        self._endpoint = endpoints.tokens
        self._introspection = endpoints.introspection
        self._observe = observe
        self._max_size = max_size
        self._should_close_connection = should_close_connection
        self._record = record
        self._serving = Lock()
        self._is_busy = False
        self._waiting: deque[TokenRequest] = deque()

    def enqueue(self, request: TokenRequest, respond: Callable[[TokenRequest], object]) -> None:
        """Add the request to the queue of the thread that calls ``serve_waiting``.

        ``respond`` is called once with the request, by that thread, and must not raise.
        """
        request.respond = respond
        self._waiting.append(request)

    @property
    def needs_thread(self) -> bool:
        """Whether requests are queued and no thread is serving."""
        return bool(self._waiting) and not self._serving.locked()

    def serve_waiting(self) -> None:
        """Serve in this thread until the queue is empty, unless another thread is serving."""
        while self._waiting and self._serving.acquire(blocking=False):
            self._serve_next()

    def wait_for_response(self, request: TokenRequest) -> OAuthResponse:
        """Serve the request and return the response, for servers with one thread per request."""
        turn = SimpleQueue[None]()
        request.respond = lambda _: turn.put(None)
        self._waiting.append(request)
        while request.response is None:
            if self._serving.acquire(blocking=False):
                self._serve_next()
            else:
                # Until the response is ready, or until no thread is serving.
                turn.get()
        if not self._serving.locked():
            with suppress(IndexError):
                following = self._waiting[0]
                following.respond(following)
        return request.response

    def _serve_next(self) -> None:
        """Serve the queued requests, and release the batch lock."""
        if self._is_busy:
            time.sleep(_PAUSE_SECONDS)
        requests = self._take(self._max_size)
        self._is_busy = len(requests) > 1
        try:
            if requests:
                self._record()
                in_progress = len(requests) + len(self._waiting)
                requests[0].closes_connection = self._should_close_connection(in_progress)
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
        granted = self._decide_all(requests, read, self._look_up(requests, read))
        signed = self._each(_sign, granted)
        for request, response in self._each(self._respond, signed):
            request.response = response
        for request in requests:
            request.context.run(self._end, request)

    def _each(
        self, step: Callable[[TokenRequest, Before], After], pending: Pending[Before]
    ) -> Pending[After]:
        """Run the step for each request; a failed request gets its response and is left out."""
        done: Pending[After] = []
        for request, value in pending:
            try:
                done.append((request, request.context.run(step, request, value)))
            except Exception as error:  # noqa: BLE001 - any error concerns this request only
                self._fail(request, error)
        return done

    def _look_up(self, requests: list[TokenRequest], read: Pending[Attempt]) -> LookedUp:
        """Look up all credentials together; a failure fails all requests."""
        attempts = [attempt for _, attempt in read]
        look_up = self._endpoint.authentication.look_up
        try:
            if len(requests) == 1:
                return requests[0].context.run(look_up, attempts)
            return look_up(attempts)
        except Exception as error:  # noqa: BLE001 - reported in each request's response
            self._fail_all(requests, read, error)
            read.clear()
            return NO_RESULTS

    def _decide_all(
        self, requests: list[TokenRequest], read: Pending[Attempt], looked_up: LookedUp
    ) -> Pending[Granted]:
        granted: Pending[Granted] = []
        for position, (request, attempt) in enumerate(read):
            try:
                # Looks up certificates, origins of tokens, and data whose cached copy is outdated.
                decided = request.context.run(self._decide, request, attempt, looked_up)
            except StoreUnavailable as error:
                self._fail_all(requests, read[position:], error)
                break
            except Exception as error:  # noqa: BLE001 - any error concerns this request only
                self._fail(request, error)
            else:
                if isinstance(decided, OAuthResponse):
                    request.response = decided
                else:
                    granted.append((request, decided))
        return granted

    def _fail_all(
        self, requests: list[TokenRequest], pending: Pending[Attempt], error: Exception
    ) -> None:
        """Fail these requests and, if the database is unavailable, all queued ones.

        Otherwise each would wait for the database in turn.
        """
        failed = [request for request, _ in pending]
        if isinstance(error, StoreUnavailable):
            waiting = self._take(math.inf)
            requests += waiting
            failed += waiting
        for request in failed:
            self._fail(request, error)

    def _fail(self, request: TokenRequest, error: Exception) -> None:
        """Set the error response; it discloses only what the protocol defines."""
        if isinstance(error, BrokerError):
            request.response = request.context.run(response_to, error, self._endpoint.observer)
        else:
            request.context.run(_log.error, "unexpected error", exc_info=error)
            request.response = server_error()

    def _read(self, request: TokenRequest, form: Mapping[str, str]) -> Attempt:
        return self._endpoint.authentication.read(request.environ, form)

    def _decide(
        self, request: TokenRequest, attempt: Attempt, looked_up: LookedUp
    ) -> Granted | OAuthResponse:
        """Return a token to sign, or the response to an introspection."""
        if request.kind is Kind.INTROSPECTION:
            caller = self._introspection.caller(attempt, looked_up)
            return self._introspection.introspect(caller, request.form)
        client = self._endpoint.authentication.client_of(attempt, looked_up)
        return self._endpoint.grant(client, request.form)

    def _respond(self, _: TokenRequest, signed: Signed) -> OAuthResponse:
        return self._endpoint.respond(signed)

    def _end(self, request: TokenRequest) -> None:
        status = request.final_response.status
        seconds = time.perf_counter() - request.started
        end_request(request.environ, status, seconds)
        self._observe(request.kind, status, seconds)


def _sign(_: TokenRequest, granted: Granted) -> Signed:
    return granted.signed()
